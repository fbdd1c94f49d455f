import { setTimeout as sleep } from 'node:timers/promises';
import type { Consumption, Position, TopicPartition } from './kafka.ts';

/**
 * The partitions of one generation of a group's member: where each starts, how far each got, and how far the broker
 * was told. Ends when the group is joined anew.
 */
export class Assignment {
  readonly partitions: readonly TopicPartition[];
  readonly #consumption: Consumption;
  readonly #ended = new AbortController();
  readonly #settled = new Set<string>();
  readonly #sought = new Map<string, number>();
  readonly #done = new Map<string, Position>();
  readonly #told = new Map<string, bigint>();
  #starts: Promise<ReadonlyMap<string, bigint>> | undefined;

  constructor(consumption: Consumption, partitions: readonly TopicPartition[]) {
    this.#consumption = consumption;
    this.partitions = partitions;
  }

  /** Aborted when the assignment ends. */
  get signal(): AbortSignal {
    return this.#ended.signal;
  }

  end(): void {
    this.#ended.abort();
  }

  /** Where each partition starts that `onAssigned` names; asked once, and again while that throws. */
  starts(signal: AbortSignal): Promise<ReadonlyMap<string, bigint>> {
    this.#starts ??= this.#ask(signal).catch((error: unknown) => {
      this.#starts = undefined;
      throw error;
    });
    return this.#starts;
  }

  /**
   * Where to seek to before the first record of a partition is taken, or undefined when `fetched` is the place. After
   * three times in vain `fetched` is taken as well: the broker no longer keeps the place, and begins behind it.
   */
  async startOf(
    topic: string,
    partition: number,
    fetched: bigint,
    signal: AbortSignal,
  ): Promise<bigint | undefined> {
    const key = keyOf({ topic, partition });
    if (this.#settled.has(key)) {
      return undefined;
    }
    const start = (await this.starts(signal)).get(key);
    const sought = this.#sought.get(key) ?? 0;
    if (start === undefined || start === fetched || sought === 3) {
      this.#settled.add(key);
      return undefined;
    }
    this.#sought.set(key, sought + 1);
    return start;
  }

  /** Where the partitions start of which no record was taken yet. */
  async unsettled(signal: AbortSignal): Promise<readonly Position[]> {
    const starts = await this.starts(signal);
    return this.partitions.flatMap((partition) => {
      const offset = starts.get(keyOf(partition));
      return offset === undefined || this.#settled.has(keyOf(partition)) ? [] : [{ ...partition, offset }];
    });
  }

  /** Notes that everything before `next` is done. */
  done(topic: string, partition: number, next: bigint): void {
    this.#done.set(keyOf({ topic, partition }), { topic, partition, offset: next });
  }

  uncommitted(): readonly Position[] {
    return [...this.#done.values()].filter((position) => this.#told.get(keyOf(position)) !== position.offset);
  }

  committed(positions: readonly Position[]): void {
    for (const position of positions) {
      this.#told.set(keyOf(position), position.offset);
    }
  }

  async #ask(signal: AbortSignal): Promise<ReadonlyMap<string, bigint>> {
    for (let attempt = 0; ; attempt++) {
      signal.throwIfAborted();
      try {
        const positions = await this.#consumption.onAssigned(this.partitions);
        return new Map(positions.map((position) => [keyOf(position), position.offset]));
      } catch (error) {
        if (signal.aborted) {
          throw error;
        }
        await sleep(Math.min(100 * 2 ** attempt, 5_000), undefined, { signal });
      }
    }
  }
}

/** A partition as a key of maps. Topic names can't hold a slash. */
export function keyOf(partition: TopicPartition): string {
  return `${partition.topic}/${partition.partition}`;
}
