/** Chance as a seed gives it: the same seed, the same draws in the same order. */
export type Random = {
  /** At least 0 and below 1. */
  next(): number;
  /** A whole number from 0 up to, not including, `limit`. */
  below(limit: number): number;
  /** A number of at least `low` and below `high`. */
  between(low: number, high: number): number;
  /** True so often: 0 never, 1 always. */
  chance(probability: number): boolean;
  pick<T>(list: readonly T[]): T;
};

/** A source of chance of its own for each name: draws of one don't shift those of another. */
export function randomOf(seed: number, name: string): Random {
  let a = seed ^ 0x9e3779b9;
  let b = Math.floor(seed / 2 ** 32) ^ 0x85ebca6b;
  let c = 0xc2b2ae35;
  let counter = 1;
  for (const letter of name) {
    c = Math.imul(c ^ letter.charCodeAt(0), 0x01000193);
  }
  // sfc32, a small generator that passes the usual tests.
  const draw = () => {
    const sum = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + sum) | 0;
    return (sum >>> 0) / 2 ** 32;
  };
  for (let warming = 0; warming < 12; warming++) {
    draw();
  }
  return {
    next: draw,
    below: (limit) => Math.floor(draw() * limit),
    between: (low, high) => low + draw() * (high - low),
    chance: (probability) => draw() < probability,
    pick: (list) => {
      const picked = list[Math.floor(draw() * list.length)];
      if (picked === undefined) {
        throw new RangeError('There is nothing to pick from');
      }
      return picked;
    },
  };
}
