import { setTimeout as sleep } from 'node:timers/promises';
import type {
  Batch,
  Consumption,
  Kafka,
  ProducedRecord,
  Producer,
  RunningConsumer,
} from '#platform/kafka/kafka.ts';
import { readTopic } from '#platform/kafka/scan-topics.ts';

const KEYS = 20;
const EVERY_MS = 20;
const AT_ONCE = 4;

/** What became of the numbers that were sent through a fault. */
export type Outcome = {
  /** Acknowledged, and never taken in. */
  readonly lost: number;
  /** Written twice by repeats after an error: what the inbox is there for. */
  readonly writtenTwice: number;
  /** Handed over again, although its effect was there: by a partition's next owner, or after a repeat. */
  readonly handedOverAgain: number;
  /** Keys whose numbers first came in another order than they were sent. */
  readonly reordered: number;
};

/**
 * Numbers that are sent without a pause, as the relay does it: the next when the ones before are acknowledged, with
 * another producer and the same again after an error.
 */
export class Numbers {
  readonly #kafka: Kafka;
  readonly #topic: string;
  readonly #stop = new AbortController();
  readonly #running: Promise<void>;
  /** When each was acknowledged. */
  readonly acknowledged: number[] = [];

  constructor(kafka: Kafka, topic: string) {
    this.#kafka = kafka;
    this.#topic = topic;
    this.#running = this.#send();
  }

  /** Resolves to how many were sent, all of them acknowledged. */
  async stop(): Promise<number> {
    this.#stop.abort();
    await this.#running;
    return this.acknowledged.length;
  }

  async #send(): Promise<void> {
    let producer: Producer | undefined;
    while (!this.#stop.signal.aborted) {
      const first = this.acknowledged.length;
      const records = Array.from({ length: AT_ONCE }, (_, index) => numbered(this.#topic, first + index));
      for (let sent = false; !sent; ) {
        try {
          producer ??= await this.#kafka.producer();
          await producer.send(records);
          sent = true;
        } catch {
          await producer?.close().catch(() => undefined);
          producer = undefined;
          await sleep(100);
        }
      }
      const now = performance.now();
      this.acknowledged.push(...records.map(() => now));
      await sleep(EVERY_MS);
    }
    await producer?.close();
  }
}

function numbered(topic: string, number: number): ProducedRecord {
  return { topic, key: Buffer.from(`key-${number % KEYS}`), value: Buffer.from(String(number)), headers: [] };
}

/** What consumers have taken in, as a database would have it: places and effects in one step. */
export class TakenIn {
  readonly #places = new Map<string, bigint>();
  readonly #numbers: number[] = [];
  /** When each effect came about. */
  readonly at: number[] = [];
  handedOver = 0;

  /** How many different numbers there are. */
  get distinct(): number {
    return new Set(this.#numbers).size;
  }

  /** Joins a group as a member that takes in here. */
  join(kafka: Kafka, groupId: string, topic: string): RunningConsumer {
    const onAssigned: Consumption['onAssigned'] = async (partitions) =>
      partitions.flatMap((one) => {
        const offset = this.#places.get(`${one.topic}/${one.partition}`);
        return offset === undefined ? [] : [{ ...one, offset }];
      });
    return kafka.consume({ groupId, topics: [topic], onAssigned, onBatch: (batch) => this.#take(batch) });
  }

  async #take({ records, signal }: Batch): Promise<void> {
    // A transaction's time, in which the partition may be lost.
    await sleep(5);
    signal.throwIfAborted();
    for (const { topic, partition, offset, value } of records) {
      const key = `${topic}/${partition}`;
      const place = this.#places.get(key) ?? 0n;
      this.handedOver += 1;
      if (offset < place) continue;
      this.#places.set(key, offset + 1n);
      this.#numbers.push(Number(value));
      this.at.push(performance.now());
    }
  }

  /** Compares what was taken in with what was sent and with what the topic holds. */
  async outcome(kafka: Kafka, topic: string, sent: number): Promise<Outcome> {
    const held = (await readTopic(kafka, topic)).length;
    const firsts = [...new Set(this.#numbers)];
    const byKey = Map.groupBy(firsts, (number) => number % KEYS);
    const inOrder = (numbers: readonly number[]) => numbers.every((one, at) => one > (numbers[at - 1] ?? -1));
    return {
      lost: sent - firsts.filter((number) => number < sent).length,
      writtenTwice: held - firsts.length,
      handedOverAgain: this.handedOver - this.#numbers.length,
      reordered: [...byKey.values()].filter((numbers) => !inOrder(numbers)).length,
    };
  }
}

/** The longest time in ms in which nothing happened, between two moments. */
export function longestPause(moments: readonly number[], from: number, to: number): number {
  const within = [from, ...moments.filter((moment) => moment > from && moment < to), to];
  return Math.max(...within.slice(1).map((moment, at) => moment - (within[at] ?? from)));
}
