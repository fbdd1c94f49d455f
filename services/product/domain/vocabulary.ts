import { editDistance } from './edit-distance.ts';

/** How alike two words have to be, as shared to all trigrams, for one to be taken for the other. */
const ALIKE = 0.3;
/** How alike they have to be to be compared letter by letter. */
const COMPARABLE = 0.15;
/** Only words of such lengths are corrections: shorter ones are like everything, longer ones nobody types. */
const CORRECTABLE = { least: 3, most: 40 } as const;

/** The words of a catalogue, by number in the order in which they were met. */
export type Vocabulary = {
  /** The word's number; a new one where it wasn't met before. */
  numberOf(word: string): number;
  /** The word's number, if it was met. */
  find(word: string): number | undefined;
  /** The numbers of all words that begin so. */
  beginningWith(prefix: string): readonly number[];
  /** The word that was most probably meant: the fewest slips away, of equals the one more alike, or that weighs more. */
  mostAlike(typed: string, weightOf: (word: number) => number): string | undefined;
};

/** An empty vocabulary. */
export function createVocabulary(): Vocabulary {
  const words: string[] = [];
  const numbers = new Map<string, number>();
  const byTrigram = new Map<string, number[]>();
  const trigramCounts: number[] = [];
  let sorted: readonly string[] = [];

  return {
    numberOf(word) {
      const known = numbers.get(word);
      if (known !== undefined) {
        return known;
      }
      const number = words.push(word) - 1;
      numbers.set(word, number);
      const trigrams =
        word.length >= CORRECTABLE.least && word.length <= CORRECTABLE.most
          ? trigramsOf(word)
          : new Set<string>();
      trigramCounts.push(trigrams.size);
      for (const trigram of trigrams) {
        const having = byTrigram.get(trigram);
        if (having === undefined) {
          byTrigram.set(trigram, [number]);
        } else {
          having.push(number);
        }
      }
      return number;
    },

    find: (word) => numbers.get(word),

    beginningWith(prefix) {
      if (sorted.length !== words.length) {
        sorted = words.toSorted();
      }
      const found: number[] = [];
      for (let at = firstFrom(sorted, prefix); sorted[at]?.startsWith(prefix); at += 1) {
        found.push(numbers.get(sorted[at] ?? '') ?? 0);
      }
      return found;
    },

    mostAlike(typed, weightOf) {
      const trigrams = trigramsOf(typed);
      const shared = new Map<number, number>();
      for (const trigram of trigrams) {
        for (const word of byTrigram.get(trigram) ?? []) {
          shared.set(word, (shared.get(word) ?? 0) + 1);
        }
      }
      let best: { word: string; slips: number; likeness: number; weight: number } | undefined;
      for (const [number, count] of shared) {
        const likeness = count / (trigrams.size + (trigramCounts[number] ?? 0) - count);
        const weight = weightOf(number);
        const word = words[number];
        if (word === undefined || weight === 0 || likeness < COMPARABLE) {
          continue;
        }
        const slips = editDistance(typed, word);
        const likely = likeness >= ALIKE || slips <= Math.max(1, Math.floor(typed.length / 3));
        const better =
          best === undefined ||
          slips < best.slips ||
          (slips === best.slips &&
            (likeness > best.likeness || (likeness === best.likeness && weight > best.weight)));
        if (likely && better) {
          best = { word, slips, likeness, weight };
        }
      }
      return best?.word;
    },
  };
}

/** The runs of three letters of a word, which begins with two blanks and ends with one. */
function trigramsOf(word: string): Set<string> {
  const padded = `  ${word} `;
  return new Set(Array.from({ length: padded.length - 2 }, (_, at) => padded.slice(at, at + 3)));
}

/** The place of the first of sorted texts that isn't below `from`. */
function firstFrom(sorted: readonly string[], from: string): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((sorted[middle] ?? '') < from) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}
