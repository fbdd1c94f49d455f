import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { DEFAULT_PORT_BASE, type Ports, portsFor } from './ports.ts';

/** One stack on this machine: where its code, state and downloads lie, and where it listens. */
export type Stack = {
  /** The clone. */
  readonly root: string;
  /** Everything that `reset` deletes. */
  readonly state: string;
  /** Downloads and builds, shared by all clones. */
  readonly cache: string;
  readonly ports: Ports;
};

export type StackOptions = { portBase?: number | undefined; state?: string | undefined };

/** The stack of this clone. A given value wins over the environment, that over what the state directory remembers. */
export function openStack(options: StackOptions = {}): Stack {
  const root = resolve(import.meta.dirname, '..');
  const state = resolve(root, options.state ?? process.env.SHOPVERSE_STATE ?? '.shopverse');
  const fromEnvironment = process.env.SHOPVERSE_PORT_BASE;
  const base =
    options.portBase ??
    (fromEnvironment ? Number(fromEnvironment) : undefined) ??
    rememberedBase(state) ??
    DEFAULT_PORT_BASE;
  const cacheHome = process.env.XDG_CACHE_HOME || join(homedir(), '.cache');
  return { root, state, cache: join(cacheHome, 'shopverse'), ports: portsFor(base) };
}

function rememberedBase(state: string): number | undefined {
  try {
    return JSON.parse(readFileSync(join(state, 'stack.json'), 'utf8')).portBase;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new Error(`${join(state, 'stack.json')} cannot be read; \`./shopverse reset\` starts afresh.`, {
      cause: error,
    });
  }
}
