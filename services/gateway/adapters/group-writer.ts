import type { ProducedRecord, Producer } from '#platform/kafka/kafka.ts';

/** What became of records that were handed in. */
type Written = 'written' | 'full' | { readonly failed: unknown };

/** How much may be on its way at once, and in one request to the broker. */
export type Limits = {
  readonly maxInFlight: number;
  readonly maxRecords: number;
  readonly maxBytes: number;
};

/** Writes records of many callers together. */
export type GroupWriter = {
  /**
   * Resolves when all of these are kept by all in-sync replicas. `full`: with so many there would be more than `maxInFlight`
   * on their way; they were not even made. After a failure a part may have been written.
   */
  write(count: number, make: () => readonly ProducedRecord[]): Promise<Written>;
  /** Waits for what is on its way, and disconnects. */
  close(): Promise<void>;
};

type Submission = { open: number; settle(written: Written): void };
type Queued = { readonly record: ProducedRecord; readonly bytes: number; readonly of: Submission };

/**
 * While one request to the broker is under way, what comes in meanwhile waits and goes with the next: the more callers,
 * the larger the requests. It connects with its first write, and again after a failure.
 */
export function createGroupWriter(connect: () => Promise<Producer>, limits: Limits): GroupWriter {
  let queue: Queued[] = [];
  let inFlight = 0;
  let producer: Producer | undefined;
  let running: Promise<void> | undefined;

  async function drain(): Promise<void> {
    while (queue.length > 0) {
      const group = takeGroup(queue, limits);
      queue = queue.slice(group.length);
      try {
        producer ??= await connect();
        await producer.send(group.map(({ record }) => record));
        settle(group, 'written');
      } catch (error) {
        // A producer that failed may still send a part of it; the next one has its own identity.
        void producer?.close().catch(() => undefined);
        producer = undefined;
        // What these callers still have waiting is given up with it: they send their whole batch again.
        const failed = new Set(group.map(({ of }) => of));
        const abandoned = queue.filter(({ of }) => failed.has(of));
        queue = queue.filter(({ of }) => !failed.has(of));
        settle([...group, ...abandoned], { failed: error });
      }
    }
    running = undefined;
  }

  function settle(group: readonly Queued[], written: Written): void {
    inFlight -= group.length;
    for (const { of } of group) {
      of.open -= 1;
      if (of.open === 0) of.settle(written);
    }
  }

  return {
    async write(count, make) {
      if (count === 0) return 'written';
      if (inFlight + count > limits.maxInFlight) return 'full';
      const records = make();
      inFlight += count;
      const { promise, resolve } = Promise.withResolvers<Written>();
      const of = { open: count, settle: resolve };
      queue.push(...records.map((record) => ({ record, bytes: sizeOf(record), of })));
      running ??= drain();
      return promise;
    },
    async close() {
      await running;
      await producer?.close();
    },
  };
}

function takeGroup(queue: readonly Queued[], limits: Limits): Queued[] {
  let bytes = 0;
  let count = 0;
  for (const queued of queue) {
    bytes += queued.bytes;
    if (count > 0 && (bytes > limits.maxBytes || count >= limits.maxRecords)) break;
    count += 1;
  }
  return queue.slice(0, count);
}

function sizeOf({ key, value, headers }: ProducedRecord): number {
  const named = headers.reduce((sum, [name, held]) => sum + name.length + (held?.length ?? 0) + 4, 0);
  return named + (key?.length ?? 0) + (value?.length ?? 0) + 24;
}
