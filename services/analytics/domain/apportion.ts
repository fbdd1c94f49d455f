/**
 * Splits `total`, not negative, in proportion to the weights, by largest remainder: the parts sum to the total, and of
 * equal remainders the earlier is rounded up. Negative weights count as zero; when all are zero the parts are as equal
 * as can be. Throws RangeError when there is something to split and nothing to split it over.
 */
export function apportion(total: bigint, weights: readonly bigint[]): bigint[] {
  if (total < 0n || (total > 0n && weights.length === 0)) {
    throw new RangeError(`${total} can't be split over ${weights.length} shares`);
  }
  const none = weights.every((weight) => weight <= 0n);
  const shares = weights.map((weight) => (none ? 1n : weight > 0n ? weight : 0n));
  const whole = shares.reduce((sum, share) => sum + share, 0n);
  const quotas = shares.map((share, index) => ({
    index,
    part: (share * total) / whole,
    remainder: (share * total) % whole,
  }));
  const left = total - quotas.reduce((sum, { part }) => sum + part, 0n);
  const roundedUp = new Set(
    [...quotas]
      .sort((a, b) => (a.remainder === b.remainder ? a.index - b.index : a.remainder > b.remainder ? -1 : 1))
      .slice(0, Number(left))
      .map(({ index }) => index),
  );
  return quotas.map(({ index, part }) => (roundedUp.has(index) ? part + 1n : part));
}
