import { closeSync, copyFileSync, openSync, readdirSync, readSync, statSync, truncateSync } from 'node:fs';
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

/** The line of a log's end that most likely says why its process died; undefined when none looks like it. */
export function lastComplaint(path: string): string | undefined {
  const lines = tail(path, 8_192).split('\n');
  const named = lines.findLast((line) => /^\s*(Caused by: )?[\w.]*(Error|Exception)\b.*: /.test(line));
  const complaint = named ?? lines.findLast((line) => /\b(error|fatal|panic|cannot)\b/i.test(line));
  return complaint?.trim().slice(0, 200);
}

function tail(path: string, bytes: number): string {
  const { size } = statSync(path);
  const buffer = Buffer.alloc(Math.min(size, bytes));
  const file = openSync(path, 'r');
  try {
    readSync(file, buffer, 0, buffer.length, size - buffer.length);
  } finally {
    closeSync(file);
  }
  return buffer.toString();
}
