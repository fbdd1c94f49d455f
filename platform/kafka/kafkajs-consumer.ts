import type { Consumer, EachBatchPayload, Kafka } from 'kafkajs';
import type { Logger } from '#platform/log/logger.ts';
import { aborted, pause } from '#platform/service/pause.ts';
import { Assignment } from './assignment.ts';
import type { ConsumedRecord, Consumption, RunningConsumer } from './kafka.ts';
import { toRecord } from './kafkajs-record.ts';

/** As good as all: how much is taken at a time is for whoever takes it. */
const PARTITIONS_AT_ONCE = 64;

/**
 * About eighteen seconds, so that the members of a group outwait a broker that is started again: it knows them then as
 * before. One that gives up and joins as a new one waits until the group gives up its former self, ten seconds more.
 */
export const patience = { initialRetryTime: 100, maxRetryTime: 1_000, retries: 20 } as const;

const heartbeatMs = 1_500;
const commitMs = 1_000;
const restartMs = 500;
const longestRestartMs = 5_000;

/** Joins a group with kafkajs and keeps it joined: see `Kafka.consume`. */
export function joinWithKafkajs(client: Kafka, consumption: Consumption, log: Logger): RunningConsumer {
  return new KafkajsMember(client, consumption, log);
}

class KafkajsMember implements RunningConsumer {
  readonly #client: Kafka;
  readonly #consumption: Consumption;
  readonly #log: Logger;
  readonly #busy = new Set<Promise<void>>();
  readonly #stop = new AbortController();
  readonly #running: Promise<void>;
  readonly #committer = setInterval(() => void this.#commit(), commitMs);
  #assignment: Assignment;
  #consumer: Consumer | undefined;
  #failures = 0;

  constructor(client: Kafka, consumption: Consumption, log: Logger) {
    this.#client = client;
    this.#consumption = consumption;
    this.#log = log.child({ consumer: consumption.groupId });
    this.#assignment = new Assignment(consumption, []);
    this.#running = this.#keepJoined();
  }

  assignment(): ReturnType<RunningConsumer['assignment']> {
    return this.#assignment.signal.aborted ? [] : this.#assignment.partitions;
  }

  async close(): Promise<void> {
    this.#stop.abort();
    clearInterval(this.#committer);
    await this.#running;
  }

  /** One kafkajs consumer after the other until closed: its own restart leaks, and gives up on some errors. */
  async #keepJoined(): Promise<void> {
    while (!this.#stop.signal.aborted) {
      const crashed = Promise.withResolvers<void>();
      const consumer = this.#create(crashed.resolve);
      this.#consumer = consumer;
      try {
        const joining = this.#join(consumer).then(() => crashed.promise);
        // When it is to stop nobody waits for a broker that is away.
        await Promise.race([joining, aborted(this.#stop.signal)]);
      } catch (error) {
        this.#log.warn({ err: error }, 'the Kafka consumer could not start');
      }
      await Promise.allSettled(this.#busy);
      await this.#commit();
      this.#assignment.end();
      await consumer.disconnect().catch((error: unknown) => {
        this.#log.debug({ err: error }, 'the Kafka consumer did not disconnect cleanly');
      });
      await pause(Math.min(restartMs * 2 ** this.#failures++, longestRestartMs), this.#stop.signal);
    }
  }

  #create(onCrash: () => void): Consumer {
    const consumer = this.#client.consumer({
      groupId: this.#consumption.groupId,
      sessionTimeout: 10_000,
      rebalanceTimeout: 20_000,
      heartbeatInterval: heartbeatMs,
      // The broker answers at once when there is something; this is only how often it says that there is nothing.
      maxWaitTimeInMs: 250,
      maxBytesPerPartition: 1_048_576,
      retry: { ...patience, restartOnFailure: async () => false },
    });
    consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => {
      this.#failures = 0;
      this.#assignment.end();
      this.#assignment = new Assignment(
        this.#consumption,
        Object.entries(payload.memberAssignment).flatMap(([topic, partitions]) =>
          partitions.map((partition) => ({ topic, partition })),
        ),
      );
      void this.#seekAll(consumer, this.#assignment);
    });
    consumer.on(consumer.events.CRASH, ({ payload }) => {
      this.#log.warn({ err: payload.error }, 'the Kafka consumer crashed and is started again');
      this.#assignment.end();
      onCrash();
    });
    return consumer;
  }

  /** Without this a partition whose records all lie before the broker's offset would bring no batch to seek from. */
  async #seekAll(consumer: Consumer, assignment: Assignment): Promise<void> {
    try {
      const signal = AbortSignal.any([assignment.signal, this.#stop.signal]);
      for (const { topic, partition, offset } of await assignment.unsettled(signal)) {
        consumer.seek({ topic, partition, offset: offset.toString() });
      }
    } catch (error) {
      if (!assignment.signal.aborted && !this.#stop.signal.aborted) {
        this.#log.warn({ err: error }, 'the places to start from could not be sought');
      }
    }
  }

  async #join(consumer: Consumer): Promise<void> {
    await consumer.connect();
    await consumer.subscribe({ topics: [...this.#consumption.topics], fromBeginning: true });
    await consumer.run({
      autoCommit: false,
      eachBatchAutoResolve: false,
      partitionsConsumedConcurrently: PARTITIONS_AT_ONCE,
      eachBatch: (payload) => this.#track(this.#take(consumer, payload)),
    });
  }

  async #take(consumer: Consumer, payload: EachBatchPayload): Promise<void> {
    const { topic, partition, messages, highWatermark } = payload.batch;
    const assignment = this.#assignment;
    const lost = new AbortController();
    const heart = setInterval(() => {
      // Between the batches kafkajs beats by itself; within one nobody would.
      payload.heartbeat().catch((error: unknown) => lost.abort(error));
    }, heartbeatMs);
    const signal = AbortSignal.any([lost.signal, assignment.signal]);
    try {
      // `fetchedOffset` is there, though kafkajs doesn't type it.
      const fetched = BigInt((payload.batch as unknown as { fetchedOffset: string }).fetchedOffset);
      const start = await assignment.startOf(
        topic,
        partition,
        fetched,
        AbortSignal.any([signal, this.#stop.signal]),
      );
      if (start !== undefined) {
        consumer.seek({ topic, partition, offset: start.toString() });
        return;
      }
      const records = messages.map((message) => toRecord(topic, partition, message));
      const size = this.#consumption.maxRecords ?? 200;
      for (let first = 0; first < records.length; first += size) {
        const chunk = records.slice(first, first + size);
        const done = await this.#deliver(chunk, BigInt(highWatermark), signal, topic, partition);
        const last = chunk.at(-1);
        if (!done || last === undefined) {
          break;
        }
        payload.resolveOffset(last.offset.toString());
        assignment.done(topic, partition, last.offset + 1n);
      }
    } finally {
      clearInterval(heart);
    }
    if (lost.signal.aborted) {
      // kafkajs joins the group again on what its heartbeat threw.
      throw lost.signal.reason;
    }
  }

  /** Whether the records were taken; false when the partition was lost or the consumer is closing meanwhile. */
  async #deliver(
    records: readonly ConsumedRecord[],
    highWatermark: bigint,
    signal: AbortSignal,
    topic: string,
    partition: number,
  ): Promise<boolean> {
    for (let attempt = 0; !signal.aborted && !this.#stop.signal.aborted; attempt++) {
      try {
        await this.#consumption.onBatch({ topic, partition, records, highWatermark, signal });
        return true;
      } catch (error) {
        if (!signal.aborted) {
          this.#log.warn({ err: error, topic, partition }, 'a batch failed and is delivered again');
        }
        await pause(Math.min(100 * 2 ** attempt, 5_000), AbortSignal.any([signal, this.#stop.signal]));
      }
    }
    return false;
  }

  async #commit(): Promise<void> {
    const assignment = this.#assignment;
    const offsets = assignment.uncommitted();
    if (offsets.length === 0) {
      return;
    }
    try {
      await this.#consumer?.commitOffsets(
        offsets.map((position) => ({ ...position, offset: position.offset.toString() })),
      );
      assignment.committed(offsets);
    } catch (error) {
      // Only a hint for whoever looks from outside: the database holds the place that counts.
      this.#log.debug({ err: error }, 'offsets were not committed to the broker');
    }
  }

  async #track(work: Promise<void>): Promise<void> {
    this.#busy.add(work);
    try {
      await work;
    } finally {
      this.#busy.delete(work);
    }
  }
}
