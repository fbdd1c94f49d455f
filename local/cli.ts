import { existsSync, globSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { Command } from './commands/command.ts';
import { openStack } from './stack.ts';

const FOLDER = join(import.meta.dirname, 'commands');
const NOT_COMMANDS = new Set(['command']);

async function main(): Promise<number> {
  const { words, portBase } = takePortBase(process.argv.slice(2));
  const [word = 'help', ...args] = words;
  if (['help', '--help', '-h'].includes(word)) return help();
  const file = join(FOLDER, `${word}.ts`);
  if (!/^[a-z-]+$/.test(word) || NOT_COMMANDS.has(word) || !existsSync(file)) {
    throw new Error(`"${word}" is no command. ./shopverse help lists them.`);
  }
  const command: Command = await import(file);
  if (args.includes('--help')) {
    console.log(`./shopverse ${word} ${command.usage ?? ''}\n  ${command.summary}`);
    return 0;
  }
  return command.run(args, openStack({ portBase }));
}

/** `--port-base N` may stand anywhere before the command's own arguments end. */
function takePortBase(words: readonly string[]): { words: string[]; portBase: number | undefined } {
  const at = words.indexOf('--port-base');
  if (at < 0) return { words: [...words], portBase: undefined };
  return { words: words.toSpliced(at, 2), portBase: Number(words[at + 1]) };
}

async function help(): Promise<number> {
  console.log('./shopverse COMMAND [--port-base N]\n');
  for (const file of globSync('*.ts', { cwd: FOLDER }).sort()) {
    const name = basename(file, '.ts');
    if (NOT_COMMANDS.has(name) || name.includes('.')) continue;
    const { summary, usage = '' }: Command = await import(join(FOLDER, file));
    console.log(`  ${`${name} ${usage}`.padEnd(48)} ${summary}`);
  }
  return 0;
}

try {
  process.exitCode = await main();
} catch (error) {
  console.error(`shopverse: ${(error as Error).message}`);
  if (process.env.SHOPVERSE_DEBUG) console.error(error);
  process.exitCode = 1;
}
