import { mkdirSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { Entry, Intent, Refund } from './objects.ts';

/** Finds what the journal says, without keeping it in memory. It is made anew from the journal at each start. */
export type LedgerIndex = {
  /** Takes an entry in, at once. */
  add(entry: Entry): void;
  entryOf(key: string): Entry | undefined;
  intent(id: string): Intent | undefined;
  intentsOf(paymentId: string): readonly Intent[];
  /** Newest first. */
  refundsOf(intentId: string): readonly Refund[];
  /** How many entries there are. */
  readonly size: number;
  close(): void;
};

/** Opens an empty index in this file, which nothing but this process may use. */
export function openIndex(path: string): LedgerIndex {
  mkdirSync(dirname(path), { recursive: true });
  rmSync(path, { force: true });
  const db = new DatabaseSync(path);
  // The journal is what must last; this may be lost with the process.
  db.exec(`
    pragma journal_mode = off; pragma synchronous = off; pragma cache_size = -4096;
    create table entry (key text primary key, body text not null) without rowid;
    create table intent (id text primary key, payment_id text not null, body text not null) without rowid;
    create index intent_of_payment on intent (payment_id);
    create table refund (id text primary key, n integer not null, intent text not null, body text not null);
    create index refund_of_intent on refund (intent);`);
  const statements = {
    addEntry: db.prepare('insert into entry values (?, ?)'),
    addIntent: db.prepare('insert or replace into intent values (?, ?, ?)'),
    addRefund: db.prepare('insert or replace into refund values (?, ?, ?, ?)'),
    entry: db.prepare('select body from entry where key = ?'),
    intent: db.prepare('select body from intent where id = ?'),
    intents: db.prepare('select body from intent where payment_id = ?'),
    refunds: db.prepare('select body from refund where intent = ? order by n desc'),
  };
  let size = 0;

  const one = <T>(row: Record<string, unknown> | undefined) =>
    row === undefined ? undefined : (JSON.parse(String(row.body)) as T);
  const all = <T>(rows: readonly Record<string, unknown>[]) =>
    rows.map((row) => JSON.parse(String(row.body)) as T);

  return {
    add(entry) {
      statements.addEntry.run(entry.key, JSON.stringify(entry));
      statements.addIntent.run(entry.intent.id, entry.payment_id, JSON.stringify(entry.intent));
      if (entry.refund !== undefined) {
        statements.addRefund.run(entry.refund.id, entry.n, entry.intent.id, JSON.stringify(entry.refund));
      }
      size = Math.max(size, entry.n);
    },
    entryOf: (key) => one<Entry>(statements.entry.get(key)),
    intent: (id) => one<Intent>(statements.intent.get(id)),
    intentsOf: (paymentId) => all<Intent>(statements.intents.all(paymentId)),
    refundsOf: (intentId) => all<Refund>(statements.refunds.all(intentId)),
    get size() {
      return size;
    },
    close: () => db.close(),
  };
}
