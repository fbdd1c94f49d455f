import { rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { say } from '../install/progress.ts';
import { postgresHome } from '../parts/postgres/home.ts';
import type { Stack } from '../stack.ts';
import { run as down } from './down.ts';

export const summary = 'stops everything and deletes this stack’s data; the downloads stay';

export async function run(args: string[], stack: Stack): Promise<number> {
  const code = await down(args, stack);
  if (code !== 0) return code;
  const outside = postgresHome(stack);
  if (!outside.startsWith(stack.state)) rmSync(dirname(outside), { recursive: true, force: true });
  rmSync(stack.state, { recursive: true, force: true });
  say(`Deleted ${stack.state}.`);
  return 0;
}
