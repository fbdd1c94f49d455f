import { spawn } from 'node:child_process';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '..', '..');

/** What a command came to. */
export type Ran = { readonly code: number | null; readonly stdout: string; readonly stderr: string };

/** Runs `./shopverse` with these words, on the stack that the environment names, and waits for its end. */
export function shopverse(...words: readonly string[]): Promise<Ran> {
  const child = spawn(join(ROOT, 'shopverse'), words, { cwd: ROOT, stdio: ['ignore', 'pipe', 'pipe'] });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, stdout, stderr }));
  });
}

/** The JSON that a command printed last. Throws with all of its output when it failed or printed none. */
export function jsonOf<T>({ code, stdout, stderr }: Ran): T {
  const line = stdout.trim().split('\n').at(-1) ?? '';
  if (code !== 0 || !/^[[{]/.test(line)) throw new Error(`It ended with ${code}:\n${stdout}\n${stderr}`);
  return JSON.parse(line);
}
