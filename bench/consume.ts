import { randomUUID } from 'node:crypto';
import { availableParallelism, loadavg } from 'node:os';
import { pino } from 'pino';
import { consumer, subscribe } from '#platform/consumer/consumer.ts';
import { runConsumer } from '#platform/consumer/run-consumer.ts';
import { domainEvent } from '#platform/events/domain-event.ts';
import type { KafkaClient } from '#platform/kafka/connect.ts';
import { outboxEntry } from '#platform/outbox/append.ts';
import { restoreHeaders } from '#platform/outbox/stored-headers.ts';
import { testDatabase } from '#platform/testing/test-database.ts';
import { testEvents } from '#platform/testing/test-facts.ts';
import { testKafka } from '#platform/testing/test-kafka.ts';
import { waitFor } from '#platform/testing/wait-for.ts';

// How many facts a second a consumer takes through its inbox, with a handler that does nothing: real Postgres and
// Kafka of the running stack, 300 bytes, 1000 keys, 3 partitions, one member, batches of 200. One JSON line.
const events = Number(process.env.EVENTS ?? 30_000);
const client = (process.env.KAFKA_CLIENT ?? 'kafkajs') as KafkaClient;

const broker = await testKafka(client);
const database = await testDatabase();
try {
  const topic = await broker.topic(3);
  const schema = testEvents(topic);
  const source = { service: 'bench', clock: { now: () => new Date() }, ids: { uuid: () => randomUUID() } };
  const producer = await broker.kafka.producer();
  for (let first = 0; first < events; first += 500) {
    await producer.send(
      Array.from({ length: 500 }, (_, index) => {
        const number = first + index;
        const aggregate = { id: `key-${number % 1_000}`, sequence: 1 + Math.floor(number / 1_000) };
        const value = { number, text: 'x'.repeat(290) };
        const event = domainEvent(schema, aggregate, { event: { case: 'noted', value } });
        return {
          topic,
          key: Buffer.from(aggregate.id),
          value: Buffer.from(event.payload),
          headers: restoreHeaders(outboxEntry(source, 'bench', event).headers),
        };
      }),
    );
  }
  await producer.close();
  let handled = 0;
  const counting = consumer({
    name: broker.group(),
    database,
    on: [
      subscribe<typeof schema, unknown>(schema, {
        noted: async () => {
          handled++;
        },
      }),
    ],
  });
  const cpu = process.cpuUsage();
  const start = performance.now();
  const running = runConsumer(counting, { kafka: broker.kafka, log: pino({ level: 'warn' }) });
  await waitFor('the first record', () => handled > 0, 30_000);
  const joined = performance.now();
  await waitFor('every record', () => handled >= events, 120_000);
  const seconds = (performance.now() - joined) / 1_000;
  const used = process.cpuUsage(cpu);
  await running.close();
  const { rows } = await database.admin('select count(*)::int as n from inbox');
  console.log(
    JSON.stringify({
      bench: 'consume',
      client,
      events,
      consumedPerSecond: Math.round(events / seconds),
      nodeCpuUsPerEvent: Math.round((used.user + used.system) / events),
      joinSeconds: Math.round(joined - start) / 1_000,
      inboxRows: rows[0]?.n,
      cores: availableParallelism(),
      load1m: loadavg()[0],
      node: process.version,
    }),
  );
} finally {
  await broker.close();
  await database.drop();
}
