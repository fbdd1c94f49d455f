import { availableParallelism, loadavg } from 'node:os';
import { pino } from 'pino';
import { domainEvent } from '#platform/events/domain-event.ts';
import type { KafkaClient } from '#platform/kafka/connect.ts';
import { relay } from '#platform/outbox/relay.ts';
import { runWorker } from '#platform/testing/run-worker.ts';
import { testDatabase } from '#platform/testing/test-database.ts';
import { testEvents } from '#platform/testing/test-facts.ts';
import { testKafka } from '#platform/testing/test-kafka.ts';
import { waitFor } from '#platform/testing/wait-for.ts';

// How fast the outbox takes facts, and its relay publishes them, alone: real Postgres and Kafka of the running stack,
// a payload of 300 bytes, 1000 keys, one relay. First a backlog is written, then it is relayed. One JSON line.
const events = Number(process.env.EVENTS ?? 30_000);
const client = (process.env.KAFKA_CLIENT ?? 'kafkajs') as KafkaClient;
const perTransaction = 100;

const broker = await testKafka(client);
const database = await testDatabase();
try {
  const topic = await broker.topic(3);
  const schema = testEvents(topic);
  const text = 'x'.repeat(290);
  const append = (first: number, count: number) =>
    database.transaction(async (tx) => {
      for (let i = first; i < first + count; i++) {
        const aggregate = { id: `key-${i % 1_000}`, sequence: 1 + Math.floor(i / 1_000) };
        tx.append(domainEvent(schema, aggregate, { event: { case: 'noted', value: { number: i, text } } }));
      }
    });
  const written = await timed(async () => {
    for (let first = 0; first < events; first += perTransaction) {
      await append(first, perTransaction);
    }
  });
  const relayed = await timed(async () => {
    const worker = runWorker(relay(database, broker.kafka, pino({ level: 'warn' })));
    await waitFor(
      'the backlog to be relayed',
      async () => {
        const { rows } = await database.admin(
          'select not exists (select 1 from outbox, outbox_cursor c where (outbox.xid, outbox.seq) > (c.xid, c.seq)) as done',
        );
        return rows[0]?.done;
      },
      120_000,
    );
    await worker.stop();
  });
  console.log(
    JSON.stringify({
      bench: 'relay',
      client,
      events,
      relayedPerSecond: Math.round(events / relayed.seconds),
      relayNodeCpuUsPerEvent: Math.round((relayed.cpuMs * 1_000) / events),
      appendedPerSecond: Math.round(events / written.seconds),
      appendNodeCpuUsPerEvent: Math.round((written.cpuMs * 1_000) / events),
      perTransaction,
      cores: availableParallelism(),
      load1m: loadavg()[0],
      node: process.version,
    }),
  );
} finally {
  await broker.close();
  await database.drop();
}

async function timed(work: () => Promise<void>): Promise<{ seconds: number; cpuMs: number }> {
  const cpu = process.cpuUsage();
  const start = performance.now();
  await work();
  const used = process.cpuUsage(cpu);
  return { seconds: (performance.now() - start) / 1_000, cpuMs: (used.user + used.system) / 1_000 };
}
