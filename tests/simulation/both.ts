import type { Database, MigrationSet, Tx } from '#platform/db/database.ts';
import { testDatabase } from '#platform/testing/test-database.ts';

// What the sentences have in common that are said of a service's statements and of the doubles that the simulation puts in
// their place.

export const TIMEOUT = { timeout: 120_000 };
export const uuid = (number: number) => `00000000-0000-7000-8000-${String(number).padStart(12, '0')}`;
export const NOW = new Date('2026-11-23T12:00:00Z');
export const LATER = new Date('2026-11-23T12:10:00Z');

/** A service's database, for as long as `body` takes. */
export async function onPostgres<T>(
  service: string,
  migrations: MigrationSet,
  body: (database: Database<T>) => Promise<void>,
): Promise<void> {
  const database = await testDatabase<T>(migrations, { service });
  try {
    await body(database);
  } finally {
    await database.drop();
  }
}

/** The database, and the types of the facts that its transactions state, which the outbox's own conformance is about. */
export function noting<T>(database: Pick<Database<T>, 'transaction'>) {
  const stated: string[] = [];
  const transaction = <R>(work: (tx: Tx<T>) => Promise<R>): Promise<R> =>
    database.transaction((tx) =>
      work({ db: tx.db, append: (...events) => void stated.push(...events.map(({ type }) => type)) }),
    );
  return { database: { transaction }, stated };
}

/** A database as the sentences use it. */
export type Noting<T> = ReturnType<typeof noting<T>>;

/** Begins a transaction that goes on until it is told to end. Resolves when `work` is done inside it. */
export async function held<T, R>(database: Noting<T>['database'], work: (tx: Tx<T>) => Promise<R>) {
  const end = Promise.withResolvers<void>();
  const done = Promise.withResolvers<R>();
  const over = database
    .transaction(async (tx) => {
      done.resolve(await work(tx));
      await end.promise;
    })
    .catch(done.reject);
  const result = await done.promise;
  return {
    result,
    async end() {
      end.resolve();
      await over;
    },
  };
}

/** Whether it has come about yet. */
export function watched(work: Promise<unknown>): () => boolean {
  let done = false;
  void work.then(() => {
    done = true;
  });
  return () => done;
}
