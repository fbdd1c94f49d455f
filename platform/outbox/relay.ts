import type { Database } from '#platform/db/database.ts';
import { failpoint } from '#platform/failpoint/failpoint.ts';
import type { Kafka, Producer } from '#platform/kafka/kafka.ts';
import type { Logger } from '#platform/log/logger.ts';
import { pause } from '#platform/service/pause.ts';
import type { Worker } from '#platform/service/worker.ts';
import { publish } from './publish.ts';
import { relayMetrics } from './relay-metrics.ts';
import { type OutboxPlace, type OutboxRow, RelayStore } from './relay-store.ts';
import { Waker } from './waker.ts';

const batchRows = 500;
const pollMs = 25;
const idlePollMs = 250;
/** For how many looks in vain it goes on looking often, once another process has committed. */
const oftenFor = 40;
const standbyPollMs = 500;
const lagEveryMs = 2_000;
const longestBackoffMs = 5_000;

/**
 * Publishes a database's outbox in the order of its transactions, at least once, and each key's records in order. One
 * relay a database is active; others stand by and take over within a second. It is woken by commits of this process
 * and polls for those of others. While the broker is away it keeps its place and tries on, with backoff.
 */
export function relay<T>(database: Database<T>, kafka: Kafka, log: Logger): Worker {
  return {
    name: 'outbox-relay',
    async run(signal) {
      const store = await RelayStore.connect(database.url);
      try {
        await waitForLock(store, signal);
        if (!signal.aborted) {
          relayMetrics.active.set({ service: database.service }, 1);
          await new Relay(database, store, kafka, log).run(signal);
        }
      } finally {
        relayMetrics.active.set({ service: database.service }, 0);
        await store.close();
      }
    },
  };
}

async function waitForLock(store: RelayStore, signal: AbortSignal): Promise<void> {
  while (!signal.aborted && !(await store.tryLock())) {
    await pause(standbyPollMs, signal);
  }
}

class Relay {
  readonly #service: string;
  readonly #onAppended: Database<unknown>['onAppended'];
  readonly #store: RelayStore;
  readonly #kafka: Kafka;
  readonly #log: Logger;
  readonly #step: string;
  #producer: Producer | undefined;
  #lagTold = 0;

  constructor(
    database: Pick<Database<unknown>, 'service' | 'onAppended'>,
    store: RelayStore,
    kafka: Kafka,
    log: Logger,
  ) {
    this.#service = database.service;
    this.#onAppended = database.onAppended;
    this.#store = store;
    this.#kafka = kafka;
    this.#log = log;
    this.#step = `${database.service}.relay`;
  }

  async run(signal: AbortSignal): Promise<void> {
    const waker = new Waker(signal);
    const unsubscribe = this.#onAppended(() => waker.wake());
    try {
      let place = await this.#store.cursor();
      let woken = true;
      let often = 0;
      while (!signal.aborted) {
        await this.#tellLag(place);
        const rows = await this.#store.readAfter(place, batchRows);
        const last = rows?.at(-1);
        if (rows === undefined || last === undefined) {
          const heldBack = rows !== undefined;
          woken = await waker.wait(heldBack || often-- > 0 ? pollMs : idlePollMs);
          continue;
        }
        often = woken ? often : oftenFor;
        if (!(await this.#publishUntilDone(rows, signal))) {
          return;
        }
        await failpoint(this.#step, 'P6');
        await this.#store.advance(place, last);
        place = { xid: last.xid, seq: last.seq };
      }
    } finally {
      unsubscribe();
      await this.#dropProducer();
    }
  }

  /** Whether the rows were published; false when the relay is to stop before that. */
  async #publishUntilDone(rows: readonly OutboxRow[], signal: AbortSignal): Promise<boolean> {
    await failpoint(this.#step, 'P5');
    for (let attempt = 0; !signal.aborted; attempt++) {
      try {
        this.#producer ??= await this.#kafka.producer();
        await publish(this.#producer, rows);
        this.#tellPublished(rows);
        return true;
      } catch (error) {
        relayMetrics.failures.inc({ service: this.#service });
        this.#log.warn(
          { err: error, rows: rows.length, attempt },
          'the broker did not take a batch of the outbox',
        );
        // A producer that failed may still have a part of the batch in flight; the next one has its own identity.
        await this.#dropProducer();
        const first = rows[0];
        if (first !== undefined) {
          await this.#tellLag({ xid: first.xid, seq: first.seq - 1n });
        }
        await pause(Math.min(100 * 2 ** attempt, longestBackoffMs), signal);
      }
    }
    return false;
  }

  #tellPublished(rows: readonly OutboxRow[]): void {
    const topics = new Map<string, number>();
    for (const row of rows) {
      topics.set(row.topic, (topics.get(row.topic) ?? 0) + 1);
    }
    for (const [topic, count] of topics) {
      relayMetrics.published.inc({ service: this.#service, topic }, count);
    }
    const oldest = rows[0]?.created_at.getTime() ?? Date.now();
    relayMetrics.seconds.observe({ service: this.#service }, (Date.now() - oldest) / 1_000);
  }

  async #tellLag(place: OutboxPlace): Promise<void> {
    if (Date.now() - this.#lagTold < lagEveryMs) {
      return;
    }
    this.#lagTold = Date.now();
    const lag = await this.#store.lag(place);
    relayMetrics.lagRows.set({ service: this.#service }, lag.rows);
    relayMetrics.lagSeconds.set({ service: this.#service }, lag.seconds);
  }

  async #dropProducer(): Promise<void> {
    const producer = this.#producer;
    this.#producer = undefined;
    await producer?.close().catch((error: unknown) => {
      this.#log.debug({ err: error }, 'a producer did not close cleanly');
    });
  }
}
