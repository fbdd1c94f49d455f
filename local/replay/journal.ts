import { appendFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { readIfThere, writeAtomically } from '../files.ts';

/**
 * What a client knows of one basket's order, outside of everything that may be killed: that it was asked for, and
 * then that it is there (ok), that it was refused (fail), or that nobody knows (info: either may be true).
 */
export type Entry = { readonly time: string; readonly basketId: string } & (
  | { readonly kind: 'invoke'; readonly requestId: string; readonly total: number }
  | { readonly kind: 'ok'; readonly orderId: string }
  | { readonly kind: 'fail'; readonly reason: string }
  | { readonly kind: 'info'; readonly reason: string }
  | { readonly kind: 'settled'; readonly orderId: string; readonly state: string }
);

/** An entry before it has its time. */
export type NewEntry = Entry extends infer E ? (E extends Entry ? Omit<E, 'time'> : never) : never;

/** The journal of all replays of a stack, and how far in the year they are. */
export type Journal = {
  add(entry: NewEntry): void;
  entries(): Entry[];
  /** The index of the next basket. */
  next(): number;
  moveTo(index: number): void;
};

/** Opens the journal under a stack's state. */
export function openJournal(state: string): Journal {
  const folder = join(state, 'replay');
  const path = join(folder, 'journal.jsonl');
  const cursor = join(folder, 'cursor.json');
  mkdirSync(folder, { recursive: true });
  return {
    add: (entry) => appendFileSync(path, `${JSON.stringify({ time: new Date().toISOString(), ...entry })}\n`),
    entries: () =>
      (readIfThere(path) ?? '')
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line)),
    next: () => JSON.parse(readIfThere(cursor) ?? '{"next":0}').next,
    moveTo: (next) => writeAtomically(cursor, JSON.stringify({ next })),
  };
}
