/**
 * The hash by which Kafka's own clients choose a key's partition: partition = hash mod the number of partitions.
 * Positive, 31 bits.
 */
export function murmur2(key: Uint8Array): number {
  const m = 0x5bd1e995;
  const whole = key.length - (key.length % 4);
  let h = 0x9747b28c ^ key.length;
  for (let i = 0; i < whole; i += 4) {
    let k = Math.imul(
      byte(key, i) | (byte(key, i + 1) << 8) | (byte(key, i + 2) << 16) | (byte(key, i + 3) << 24),
      m,
    );
    k = Math.imul(k ^ (k >>> 24), m);
    h = Math.imul(h, m) ^ k;
  }
  if (whole < key.length) {
    // Beyond the end `byte` is 0, which changes nothing.
    h ^= byte(key, whole) | (byte(key, whole + 1) << 8) | (byte(key, whole + 2) << 16);
    h = Math.imul(h, m);
  }
  h = Math.imul(h ^ (h >>> 13), m);
  return (h ^ (h >>> 15)) & 0x7fffffff;
}

function byte(key: Uint8Array, at: number): number {
  return key[at] ?? 0;
}
