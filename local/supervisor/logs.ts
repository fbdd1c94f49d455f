import { copyFileSync, readdirSync, statSync, truncateSync } from 'node:fs';
import { join } from 'node:path';

const LARGEST = 32 * 1024 * 1024;

/**
 * Moves what a large log holds to `NAME.log.1` and empties it. The file itself stays, since the process writes to it in append
 * mode and knows no other; what it writes between the copy and the emptying is lost.
 */
export function rotateLogs(folder: string, largest = LARGEST): void {
  for (const name of readdirSync(folder)) {
    const path = join(folder, name);
    if (!name.endsWith('.log') || statSync(path).size <= largest) continue;
    copyFileSync(path, `${path}.1`);
    truncateSync(path);
  }
}
