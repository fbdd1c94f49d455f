import { Consumer, ListOffsetTimestamps } from '@platformatic/kafka';
import type { Logger } from '#platform/log/logger.ts';
import { aborted, pause } from '#platform/service/pause.ts';
import { Assignment, keyOf } from './assignment.ts';
import type { Consumption, RunningConsumer, TopicPartition } from './kafka.ts';
import type { PlatformaticOptions } from './platformatic.ts';
import { type FetchedPartition, PartitionFetcher } from './platformatic-fetcher.ts';

const commitMs = 1_000;
const restartMs = 500;
const longestRestartMs = 5_000;

/**
 * Joins a group with @platformatic/kafka and keeps it joined: see `Kafka.consume`. The library does the group; what is
 * fetched, and from where, is done here, since its stream can't start from positions that are asked at each join.
 */
export function joinWithPlatformatic(
  base: PlatformaticOptions,
  consumption: Consumption,
  log: Logger,
): RunningConsumer {
  return new PlatformaticMember(base, consumption, log);
}

class PlatformaticMember implements RunningConsumer {
  readonly #base: PlatformaticOptions;
  readonly #consumption: Consumption;
  readonly #log: Logger;
  readonly #stop = new AbortController();
  readonly #committer = setInterval(() => void this.#commit(), commitMs);
  readonly #running: Promise<void>;
  readonly #busy = new Map<string, Promise<void>>();
  #reading: Promise<void> = Promise.resolve();
  #assignment: Assignment;
  #consumer: Consumer | undefined;
  #failures = 0;

  constructor(base: PlatformaticOptions, consumption: Consumption, log: Logger) {
    this.#base = base;
    this.#consumption = consumption;
    this.#log = log.child({ consumer: consumption.groupId });
    this.#assignment = new Assignment(consumption, []);
    this.#running = this.#keepJoined();
  }

  assignment(): readonly TopicPartition[] {
    return this.#assignment.signal.aborted ? [] : this.#assignment.partitions;
  }

  async close(): Promise<void> {
    this.#stop.abort();
    clearInterval(this.#committer);
    await this.#running;
  }

  async #keepJoined(): Promise<void> {
    while (!this.#stop.signal.aborted) {
      const broken = new AbortController();
      const consumer = this.#create((error) => {
        this.#log.warn({ err: error }, 'the Kafka consumer failed and is started again');
        broken.abort();
      });
      this.#consumer = consumer;
      try {
        consumer.topics.trackAll(...this.#consumption.topics);
        await consumer.joinGroup({});
        await aborted(AbortSignal.any([this.#stop.signal, broken.signal]));
      } catch (error) {
        this.#log.warn({ err: error }, 'the Kafka consumer could not start');
      }
      await Promise.allSettled(this.#busy.values());
      await this.#commit();
      this.#assignment.end();
      await this.#reading;
      await consumer.close(true).catch((error: unknown) => {
        this.#log.debug({ err: error }, 'the Kafka consumer did not close cleanly');
      });
      await pause(Math.min(restartMs * 2 ** this.#failures++, longestRestartMs), this.#stop.signal);
    }
  }

  #create(onBroken: (error: unknown) => void): Consumer {
    const consumer = new Consumer({
      ...this.#base,
      groupId: this.#consumption.groupId,
      sessionTimeout: 10_000,
      rebalanceTimeout: 20_000,
      heartbeatInterval: 1_500,
      heartbeatStallTimeout: 10_000,
      maxWaitTime: 250,
      autocommit: false,
    });
    consumer.on('error', onBroken);
    consumer.on('consumer:heartbeat:stalled', () =>
      onBroken(new Error('The group no longer answers heartbeats')),
    );
    consumer.on('consumer:group:rebalance', () => this.#assignment.end());
    consumer.on('consumer:group:join', ({ assignments }) => {
      if (consumer !== this.#consumer) {
        return;
      }
      this.#failures = 0;
      this.#assignment.end();
      const assignment = new Assignment(
        this.#consumption,
        (assignments ?? []).flatMap(({ topic, partitions }) =>
          partitions.map((partition) => ({ topic, partition })),
        ),
      );
      this.#assignment = assignment;
      this.#reading = this.#reading
        .then(() => Promise.allSettled(this.#busy.values()))
        .then(() => this.#read(consumer, assignment))
        .catch((error: unknown) => {
          if (!assignment.signal.aborted && !this.#stop.signal.aborted) {
            onBroken(error);
          }
        });
    });
    return consumer;
  }

  /** Fetches the partitions that nobody is working on, and lets each be worked on, until the assignment ends. */
  async #read(consumer: Consumer, assignment: Assignment): Promise<void> {
    const signal = AbortSignal.any([assignment.signal, this.#stop.signal]);
    const fetcher = new PartitionFetcher(consumer, await this.#positions(consumer, assignment, signal));
    while (!signal.aborted && assignment.partitions.length > 0) {
      const free = assignment.partitions.filter((partition) => !this.#busy.has(keyOf(partition)));
      if (free.length === 0) {
        // After an abort these end soon, so it need not be waited for beside them.
        await Promise.race(this.#busy.values());
        continue;
      }
      const fetched = await fetcher.fetch(free);
      for (const part of signal.aborted ? [] : fetched) {
        const work = this.#work(part, fetcher, assignment).finally(() => this.#busy.delete(keyOf(part)));
        this.#busy.set(keyOf(part), work);
      }
    }
  }

  async #positions(
    consumer: Consumer,
    assignment: Assignment,
    signal: AbortSignal,
  ): Promise<Map<string, bigint>> {
    const positions = new Map(await assignment.starts(signal));
    const missing = assignment.partitions.filter((partition) => !positions.has(keyOf(partition)));
    for (const topic of new Set(missing.map((partition) => partition.topic))) {
      const partitions = missing.filter((one) => one.topic === topic).map((one) => one.partition);
      const committed = await consumer.listCommittedOffsets({ topics: [{ topic, partitions }] });
      const earliest = await consumer.listOffsets({
        topics: [topic],
        partitions: { [topic]: partitions },
        timestamp: ListOffsetTimestamps.EARLIEST,
      });
      for (const partition of partitions) {
        const offset = committed.get(topic)?.[partition] ?? -1n;
        const first = earliest.get(topic)?.[partition] ?? 0n;
        positions.set(keyOf({ topic, partition }), offset >= 0n ? offset : first);
      }
    }
    return positions;
  }

  async #work(part: FetchedPartition, fetcher: PartitionFetcher, assignment: Assignment): Promise<void> {
    const { topic, partition, records, highWatermark } = part;
    const size = this.#consumption.maxRecords ?? 200;
    const { signal } = assignment;
    let first = 0;
    for (
      let attempt = 0;
      first < records.length && !signal.aborted && !this.#stop.signal.aborted;
      attempt++
    ) {
      const chunk = records.slice(first, first + size);
      try {
        await this.#consumption.onBatch({ topic, partition, records: chunk, highWatermark, signal });
      } catch (error) {
        if (!signal.aborted) {
          this.#log.warn({ err: error, topic, partition }, 'a batch failed and is delivered again');
        }
        await pause(Math.min(100 * 2 ** attempt, 5_000), AbortSignal.any([signal, this.#stop.signal]));
        continue;
      }
      attempt = -1;
      first += chunk.length;
      const next = first < records.length ? (records[first]?.offset ?? part.next) : part.next;
      fetcher.moveTo(part, next);
      assignment.done(topic, partition, next);
    }
    if (records.length === 0) {
      fetcher.moveTo(part, part.next);
    }
  }

  async #commit(): Promise<void> {
    const assignment = this.#assignment;
    const offsets = assignment.uncommitted();
    if (offsets.length === 0 || this.#consumer === undefined) {
      return;
    }
    try {
      await this.#consumer.commit({ offsets: offsets.map((position) => ({ ...position, leaderEpoch: -1 })) });
      assignment.committed(offsets);
    } catch (error) {
      // Only a hint for whoever looks from outside: the database holds the place that counts.
      this.#log.debug({ err: error }, 'offsets were not committed to the broker');
    }
  }
}
