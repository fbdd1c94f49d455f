/**
 * What was locked for a transaction ahead, in one statement, to be taken piece by piece. Each is taken once: whoever
 * comes a second time must ask the database, since the first may have changed it.
 */
export class Held<V> {
  readonly #byTransaction = new WeakMap<object, Map<string, V>>();

  keep(transaction: object, values: Iterable<readonly [id: string, value: V]>): void {
    const held = this.#byTransaction.get(transaction);
    this.#byTransaction.set(transaction, new Map([...(held ?? []), ...values]));
  }

  take(transaction: object, id: string): V | undefined {
    const held = this.#byTransaction.get(transaction);
    const value = held?.get(id);
    held?.delete(id);
    return value;
  }
}
