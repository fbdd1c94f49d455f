import { createVocabulary } from './vocabulary.ts';

/** Where a word stands: documents by number, and what it counts for in each. */
type Postings = { readonly documents: number[]; readonly weights: number[] };

/** Which words stand in which documents. */
export type Words = {
  /** Adds a document by its words and what each counts for. Its number is greater than those before. */
  add(document: number, weights: ReadonlyMap<string, number>): void;
  /**
   * Calls with each document that has all the words, the last of which may be the beginning of one, and with what
   * they count for in it.
   */
  match(words: readonly string[], found: (document: number, score: number) => void): void;
  /** For each word itself where it is known, or the likeliest; undefined when there is none for one of them. */
  correct(words: readonly string[]): readonly string[] | undefined;
};

/** No words yet. */
export function createWords(): Words {
  const vocabulary = createVocabulary();
  const postings: Postings[] = [];
  // Per document: the round that it last fitted in, what it counts for by then, and the most of that round's words.
  let rounds = new Uint32Array(0);
  let scores = new Int32Array(0);
  let bests = new Int32Array(0);
  let round = 0;

  const grow = (size: number) => {
    if (size > rounds.length) {
      const capacity = Math.max(1_024, size * 2);
      const wider = <A extends Uint32Array | Int32Array>(from: A, to: A): A => {
        to.set(from);
        return to;
      };
      rounds = wider(rounds, new Uint32Array(capacity));
      scores = wider(scores, new Int32Array(capacity));
      bests = wider(bests, new Int32Array(capacity));
    }
  };

  return {
    add(document, weights) {
      grow(document + 1);
      for (const [word, weight] of weights) {
        const number = vocabulary.numberOf(word);
        postings[number] ??= { documents: [], weights: [] };
        postings[number].documents.push(document);
        postings[number].weights.push(weight);
      }
    },

    match(words, found) {
      const matched: number[] = [];
      for (const [index, word] of words.entries()) {
        const isLast = index === words.length - 1;
        const exact = vocabulary.find(word);
        const meant = isLast ? vocabulary.beginningWith(word) : exact === undefined ? [] : [exact];
        const before = round;
        round += 1;
        for (const number of meant) {
          const { documents, weights } = postings[number] ?? { documents: [], weights: [] };
          for (let at = 0; at < documents.length; at += 1) {
            const document = documents[at] ?? 0;
            const weight = weights[at] ?? 0;
            if (rounds[document] === round) {
              const best = bests[document] ?? 0;
              if (weight > best) {
                scores[document] = (scores[document] ?? 0) + weight - best;
                bests[document] = weight;
              }
            } else if (index === 0 || rounds[document] === before) {
              scores[document] = weight + (index === 0 ? 0 : (scores[document] ?? 0));
              bests[document] = weight;
              rounds[document] = round;
              if (isLast) {
                matched.push(document);
              }
            }
          }
        }
      }
      for (const document of matched) {
        found(document, scores[document] ?? 0);
      }
    },

    correct(words) {
      const weightOf = (word: number) => postings[word]?.documents.length ?? 0;
      const likely = words.map((word) =>
        vocabulary.find(word) === undefined ? vocabulary.mostAlike(word, weightOf) : word,
      );
      return likely.every((word) => word !== undefined) ? likely : undefined;
    },
  };
}
