/** Takes pieces of work one after the other, and all that have come meanwhile together. */
export class Gathering<W, R = void> {
  readonly #most: number;
  readonly #sizeOf: (work: W) => number;
  readonly #together: (work: readonly W[]) => Promise<readonly R[]>;
  readonly #alone: (work: W) => Promise<R>;
  #waiting: Waiting<W, R>[] = [];
  #running = false;

  /**
   * At most `most` in size is taken together, but at least one piece. What fails together is taken alone, piece by
   * piece, so that none fails for another's sake.
   */
  constructor(options: {
    readonly most: number;
    readonly sizeOf: (work: W) => number;
    /** What came of each, in the same order. */
    readonly together: (work: readonly W[]) => Promise<readonly R[]>;
    readonly alone: (work: W) => Promise<R>;
  }) {
    this.#most = options.most;
    this.#sizeOf = options.sizeOf;
    this.#together = options.together;
    this.#alone = options.alone;
  }

  /** Resolves to what came of the work. Rejects with what its being taken alone threw. */
  take(work: W): Promise<R> {
    const { promise, resolve, reject } = Promise.withResolvers<R>();
    this.#waiting.push({ work, resolve, reject });
    if (!this.#running) {
      this.#running = true;
      // What came with the same answer of the broker gets in as well.
      setImmediate(() => void this.#run());
    }
    return promise;
  }

  async #run(): Promise<void> {
    while (this.#waiting.length > 0) {
      await this.#takeAll(this.#next());
    }
    this.#running = false;
  }

  #next(): readonly Waiting<W, R>[] {
    let size = 0;
    const end = this.#waiting.findIndex(({ work }, index) => {
      size += this.#sizeOf(work);
      return index > 0 && size > this.#most;
    });
    return this.#waiting.splice(0, end === -1 ? this.#waiting.length : end);
  }

  async #takeAll(taken: readonly Waiting<W, R>[]): Promise<void> {
    if (taken.length > 1) {
      try {
        const results = await this.#together(taken.map(({ work }) => work));
        for (const [index, { resolve }] of taken.entries()) {
          resolve(results[index] as R);
        }
        return;
      } catch {
        // Whoever is at fault will say so alone.
      }
    }
    for (const { work, resolve, reject } of taken) {
      await this.#alone(work).then(resolve, reject);
    }
  }
}

type Waiting<W, R> = {
  readonly work: W;
  readonly resolve: (result: R) => void;
  readonly reject: (reason: unknown) => void;
};
