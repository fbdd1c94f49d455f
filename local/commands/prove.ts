import { existsSync, globSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { Stack } from '../stack.ts';
import type { Command } from './command.ts';

export const summary = 'shows that what is claimed is so: chaos, checker, …; without a word it lists them';
export const usage = '[NAME ...]';

const FOLDER = join(import.meta.dirname, 'prove');

/** Hands over to `prove/NAME.ts`, which is a command like any other. */
export async function run(args: string[], stack: Stack): Promise<number> {
  const [word, ...rest] = args;
  if (word === undefined) return list();
  const file = join(FOLDER, `${word}.ts`);
  if (!/^[a-z-]+$/.test(word) || !existsSync(file)) {
    throw new Error(`There is no proof "${word}". ./shopverse prove lists them.`);
  }
  const command: Command = await import(file);
  return command.run(rest, stack);
}

async function list(): Promise<number> {
  for (const file of globSync('*.ts', { cwd: FOLDER }).sort()) {
    const name = basename(file, '.ts');
    if (name.includes('.')) continue;
    const { summary: what, usage: words = '' }: Command = await import(join(FOLDER, file));
    console.log(`  ${`prove ${name} ${words}`.padEnd(56)} ${what}`);
  }
  return 0;
}
