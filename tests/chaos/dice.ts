import { createHash } from 'node:crypto';

/** Chance that follows from a text: the same text gives the same throws, in the same order. */
export type Dice = {
  /** A whole number from 0 up to and without `below`. */
  below(below: number): number;
  /** One of these; throws of none. */
  one<T>(of: readonly T[]): T;
  /** The same things in another order. */
  shuffled<T>(things: readonly T[]): T[];
};

/** The dice of a text, such as `seed/round`. */
export function diceOf(text: string): Dice {
  let thrown = 0;
  const below = (limit: number) => {
    const digest = createHash('sha256').update(`${text}#${thrown}`).digest();
    thrown += 1;
    return Number(digest.readBigUInt64BE() % BigInt(limit));
  };
  return {
    below,
    one(of) {
      const [first] = of;
      if (first === undefined) throw new Error('There is nothing to choose from.');
      return of[below(of.length)] ?? first;
    },
    shuffled(things) {
      const left = [...things];
      return Array.from(things, () => left.splice(below(left.length), 1)).flat();
    },
  };
}
