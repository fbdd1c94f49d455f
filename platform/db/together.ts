import type { Tx } from './database.ts';

type Work<V, C> = { readonly values: Map<string, V>; readonly changes: C[] };

/**
 * What a transaction may work on together: locked ahead in one statement, changed in memory, and written in one when it
 * is through. A transaction that has not begun so locks and writes one by one.
 */
export class Together<T, V, C> {
  readonly #byTransaction = new WeakMap<object, Work<V, C>>();
  readonly #select: (tx: Tx<T>, ids: readonly string[]) => Promise<Iterable<readonly [id: string, value: V]>>;
  readonly #write: (tx: Tx<T>, changes: readonly C[]) => Promise<void>;

  /**
   * `select` locks what there is of these in one statement, and in an order that all transactions keep to, so that two that
   * want the same wait for each other instead of ending in a deadlock. `write` gets at least one change.
   */
  constructor(statements: {
    readonly select: (
      tx: Tx<T>,
      ids: readonly string[],
    ) => Promise<Iterable<readonly [id: string, value: V]>>;
    readonly write: (tx: Tx<T>, changes: readonly C[]) => Promise<void>;
  }) {
    this.#select = statements.select;
    this.#write = statements.write;
  }

  /** Locks these. What is then changed of them is written when the function is called that this resolves to. */
  async begin(tx: Tx<T>, ids: readonly string[]): Promise<() => Promise<void>> {
    const work: Work<V, C> = { values: new Map(await this.#select(tx, ids)), changes: [] };
    this.#byTransaction.set(tx.db, work);
    return async () => {
      this.#byTransaction.delete(tx.db);
      if (work.changes.length > 0) {
        await this.#write(tx, work.changes);
      }
    };
  }

  /** The value, locked, as its last change left it; undefined when there is none. */
  async lock(tx: Tx<T>, id: string): Promise<V | undefined> {
    const held = this.#byTransaction.get(tx.db)?.values.get(id);
    if (held !== undefined) {
      return held;
    }
    const [selected] = await this.#select(tx, [id]);
    return selected?.[1];
  }

  /** Takes a change, and what it leaves: to be written with the others, or at once where the value was locked by itself. */
  async change(tx: Tx<T>, id: string, value: V, change: C): Promise<void> {
    const work = this.#byTransaction.get(tx.db);
    if (work?.values.has(id) !== true) {
      await this.#write(tx, [change]);
      return;
    }
    work.values.set(id, value);
    work.changes.push(change);
  }
}
