/** Where a page ended: what the last hit is sorted by, an integer, and its id. */
export type Position = { readonly value: string; readonly productId: string };

/** Something that was found, and what it is sorted by. */
type Candidate = { readonly productId: string; readonly version: bigint };

/** The first hits of many, by key from the greatest on, and by id where keys are the same. */
export type TopHits<C extends Candidate> = {
  offer(key: number, candidate: C): void;
  inOrder(): readonly { readonly key: number; readonly candidate: C }[];
};

/** Keeps the first `limit` of those that come after `from`. */
export function createTopHits<C extends Candidate>(limit: number, from: Position | undefined): TopHits<C> {
  const kept: { readonly key: number; readonly candidate: C }[] = [];
  const start = from && { key: Number(from.value), productId: from.productId };
  return {
    offer(key, candidate) {
      if (start !== undefined && !isBefore(start.key, start.productId, key, candidate.productId)) {
        return;
      }
      const last = kept.at(-1);
      if (kept.length === limit) {
        if (last === undefined || !isBefore(key, candidate.productId, last.key, last.candidate.productId)) {
          return;
        }
        kept.pop();
      }
      let at = kept.length;
      for (let above = kept[at - 1]; above !== undefined; above = kept[at - 1]) {
        if (!isBefore(key, candidate.productId, above.key, above.candidate.productId)) {
          break;
        }
        at -= 1;
      }
      kept.splice(at, 0, { key, candidate });
    },
    inOrder: () => kept,
  };
}

function isBefore(key: number, id: string, otherKey: number, otherId: string): boolean {
  return key > otherKey || (key === otherKey && id < otherId);
}
