/**
 * Keeps what was made for a key for as long as its stamp stays the same, of the last `most` keys that were asked for.
 */
export function keepLatest<S, V>(most: number): (key: string, stamp: S, make: () => V) => V {
  const kept = new Map<string, { readonly stamp: S; readonly value: V }>();
  return (key, stamp, make) => {
    const known = kept.get(key);
    kept.delete(key);
    const entry = known?.stamp === stamp ? known : { stamp, value: make() };
    kept.set(key, entry);
    const [oldest] = kept.keys();
    if (kept.size > most && oldest !== undefined) {
      kept.delete(oldest);
    }
    return entry.value;
  };
}
