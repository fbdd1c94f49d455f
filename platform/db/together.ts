type Work<V, C> = { readonly values: Map<string, V>; readonly changes: C[] };

/**
 * What a transaction works on together: locked ahead in one statement, changed in memory, and written in one when it is
 * through. A transaction that has opened nothing here is to lock and to write one by one.
 */
export class Together<V, C> {
  readonly #byTransaction = new WeakMap<object, Work<V, C>>();

  /** Takes up what was locked. */
  open(transaction: object, values: Iterable<readonly [id: string, value: V]>): void {
    this.#byTransaction.set(transaction, { values: new Map(values), changes: [] });
  }

  /** The value as its last change left it; undefined when it isn't held. */
  find(transaction: object, id: string): V | undefined {
    return this.#byTransaction.get(transaction)?.values.get(id);
  }

  /** Notes a change, and what it leaves; false when the value isn't held, and the change must be written now. */
  change(transaction: object, id: string, value: V, change: C): boolean {
    const work = this.#byTransaction.get(transaction);
    if (work?.values.has(id) !== true) {
      return false;
    }
    work.values.set(id, value);
    work.changes.push(change);
    return true;
  }

  /** Lets go of everything, and returns the changes in their order, to be written. */
  close(transaction: object): readonly C[] {
    const changes = this.#byTransaction.get(transaction)?.changes ?? [];
    this.#byTransaction.delete(transaction);
    return changes;
  }
}
