import { spawn } from 'node:child_process';
import { nicely } from '../nicely.ts';

export type RunOptions = { cwd?: string; env?: Record<string, string>; nice?: number };

/** Runs a program to its end and returns what it printed. Throws with the last lines of its output when it fails. */
export async function run(file: string, args: readonly string[], options: RunOptions = {}): Promise<string> {
  const child = spawn(...nicely(options.nice, file, args), {
    cwd: options.cwd,
    env: { ...process.env, ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  let errors = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    errors = (errors + text).slice(-20_000);
  });
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on('error', (error) => reject(new Error(`${file} could not be started: ${error.message}`)));
    child.on('close', resolve);
  });
  if (code === 0) return output;
  const tail = `${output}\n${errors}`.trim().split('\n').slice(-12).join('\n');
  throw new Error(`${file} ${args.slice(0, 3).join(' ')} ended with ${code ?? 'a signal'}:\n${tail}`);
}
