import { randomBytes } from 'node:crypto';
import { loadavg } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { pino } from 'pino';
import { connectKafka, type KafkaClient } from '#platform/kafka/connect.ts';
import type { Kafka, ProducedRecord } from '#platform/kafka/kafka.ts';
import { waitFor } from '#platform/testing/wait-for.ts';
import { say } from '../local/install/progress.ts';
import { longestPause, Numbers, type Outcome, TakenIn } from './kafka/counted.ts';
import { type OwnBroker, ownBroker } from './kafka/own-broker.ts';
import { conditions, openLoop, quantile, round } from './open-loop.ts';

// Both Kafka clients behind the port, taking turns on a broker of their own: one record at a time, batches, reading,
// from send to hand-over, and what becomes of numbers that are sent while the broker is killed and while members of the
// group come and go. 300 bytes, 3 partitions, idempotent, acks from all. A table on stderr, and one JSON line.
const seconds = Number(process.env.SECONDS ?? 3);
const rounds = Number(process.env.ROUNDS ?? 3);
const restarts = Number(process.env.RESTARTS ?? 2);
const RATE = 200;
const BATCH = 100;
const READ = Number(process.env.READ ?? 30_000);
const AWAY_MS = 2_000;
const PATIENCE_MS = 180_000;
const CLIENTS: readonly KafkaClient[] = ['kafkajs', 'platformatic'];

const load = loadavg()[0];
const broker = await ownBroker();
const figures = new Map<KafkaClient, Map<string, number[]>>(CLIENTS.map((client) => [client, new Map()]));
try {
  for (let turn = 0; turn < rounds; turn++) {
    for (const client of turn % 2 === 0 ? CLIENTS : CLIENTS.toReversed()) {
      say(`  speed, round ${turn + 1}: ${client}`);
      await withClient(client, speed);
    }
  }
  for (let turn = 0; turn < restarts; turn++) {
    for (const client of turn % 2 === 0 ? CLIENTS : CLIENTS.toReversed()) {
      say(`  the broker is killed, ${turn + 1}: ${client}`);
      await withClient(client, (kafka, note) => throughRestart(kafka, broker, note));
      say(`  members come and go, ${turn + 1}: ${client}`);
      await withClient(client, throughRebalances);
    }
  }
  const middle = Object.fromEntries(
    [...figures].map(([client, noted]) => [
      client,
      Object.fromEntries(Array.from(noted, ([name, values]) => [name, toldValue(name, values)])),
    ]),
  ) as Record<KafkaClient, Record<string, number>>;
  for (const name of Object.keys(middle.kafkajs)) {
    say(
      `  ${name.padEnd(44)} ${CLIENTS.map((client) => String(middle[client][name]).padStart(12)).join('')}`,
    );
  }
  console.log(
    JSON.stringify({
      bench: 'kafka-clients',
      ...middle,
      ...{ rounds, restarts, seconds, rate: RATE, ...conditions(load) },
    }),
  );
} finally {
  await broker.close();
}

type Note = (name: string, value: number) => void;

/** Counts of what went wrong are added up, all else is the middle of its rounds. */
function toldValue(name: string, values: readonly number[]): number {
  return /^(lost|written|handed|reordered)/.test(name)
    ? values.reduce((sum, value) => sum + value, 0)
    : quantile(
        values.toSorted((a, b) => a - b),
        0.5,
      );
}

async function withClient(client: KafkaClient, work: (kafka: Kafka, note: Note) => Promise<void>) {
  const kafka = await connectKafka({
    client,
    brokers: [broker.address],
    clientId: 'bench',
    log: pino({ level: process.env.LOG_LEVEL ?? 'silent' }),
  });
  const noted = figures.get(client);
  try {
    await work(kafka, (name, value) => noted?.set(name, [...(noted.get(name) ?? []), round(value)]));
  } finally {
    await kafka.close();
  }
}

async function newTopic(kafka: Kafka): Promise<string> {
  const name = `bench.${randomBytes(6).toString('hex')}`;
  await kafka.admin.createTopics([{ name, partitions: 3 }]);
  return name;
}

function recordOf(topic: string, number: number, value = Buffer.alloc(300, 'x')): ProducedRecord {
  const headers = [['ce_id', Buffer.from(String(number))]] as const;
  return { topic, key: Buffer.from(`key-${number % 1_000}`), value, headers };
}

async function speed(kafka: Kafka, note: Note): Promise<void> {
  const topic = await newTopic(kafka);
  const producer = await kafka.producer();
  const sending = async (atOnce: number) => {
    let sent = 0;
    const go = async (until: () => boolean) => {
      for (; until(); sent += atOnce) {
        await producer.send(Array.from({ length: atOnce }, (_, index) => recordOf(topic, sent + index)));
      }
    };
    await go(() => sent < 20 * atOnce);
    sent = 0;
    const cpu = process.cpuUsage();
    const began = performance.now();
    await go(() => performance.now() - began < seconds * 1_000);
    const used = process.cpuUsage(cpu);
    const name = atOnce === 1 ? 'sent one by one' : `sent in batches of ${atOnce}`;
    note(`${name}, records/s`, (sent * 1_000) / (performance.now() - began));
    note(`${name}, CPU us a record`, (used.user + used.system) / sent);
  };
  await sending(1);
  await sending(BATCH);
  await reading(kafka, note);
  await handOver(kafka, note);
  await producer.close();
}

async function reading(kafka: Kafka, note: Note): Promise<void> {
  const topic = await newTopic(kafka);
  const producer = await kafka.producer();
  for (let first = 0; first < READ; first += 1_000) {
    await producer.send(Array.from({ length: 1_000 }, (_, index) => recordOf(topic, first + index)));
  }
  await producer.close();
  let read = 0;
  let began = 0;
  let cpu = process.cpuUsage();
  let firstBatch = 0;
  const asked = performance.now();
  const consumer = kafka.consume({
    groupId: `bench.${randomBytes(6).toString('hex')}`,
    topics: [topic],
    onAssigned: async () => [],
    async onBatch({ records }) {
      if (read === 0) {
        began = performance.now();
        cpu = process.cpuUsage();
        firstBatch = records.length;
      }
      read += records.length;
    },
  });
  await waitFor('every record', () => read >= READ, PATIENCE_MS);
  const used = process.cpuUsage(cpu);
  note('read, records/s', ((READ - firstBatch) * 1_000) / (performance.now() - began));
  note('read, CPU us a record', (used.user + used.system) / READ);
  note('from joining to the first record, ms', began - asked);
  await consumer.close();
}

async function handOver(kafka: Kafka, note: Note): Promise<void> {
  const topic = await newTopic(kafka);
  const took: number[] = [];
  const consumer = kafka.consume({
    groupId: `bench.${randomBytes(6).toString('hex')}`,
    topics: [topic],
    onAssigned: async () => [],
    async onBatch({ records }) {
      const now = performance.now();
      took.push(...records.map(({ value }) => now - Number(value)));
    },
  });
  await waitFor('the assignment', () => consumer.assignment().length === 3, PATIENCE_MS);
  const producer = await kafka.producer();
  const sent = await openLoop({ rate: RATE, seconds, warmUpSeconds: 1 }, (number) =>
    producer.send([recordOf(topic, number, Buffer.from(String(performance.now())))]),
  );
  const all = RATE * (seconds + 1);
  await waitFor('every record', () => took.length >= all, PATIENCE_MS);
  const counted = took.slice(RATE).sort((a, b) => a - b);
  note(`acknowledged at ${RATE}/s, p50 ms`, sent.p50);
  note(`acknowledged at ${RATE}/s, p99 ms`, sent.p99);
  note(`sent to handed over at ${RATE}/s, p50 ms`, quantile(counted, 0.5));
  note(`sent to handed over at ${RATE}/s, p99 ms`, quantile(counted, 0.99));
  await Promise.all([producer.close(), consumer.close()]);
}

async function throughRestart(kafka: Kafka, killed: OwnBroker, note: Note): Promise<void> {
  const topic = await newTopic(kafka);
  const taken = new TakenIn();
  const consumer = taken.join(kafka, `bench.${randomBytes(6).toString('hex')}`, topic);
  const numbers = new Numbers(kafka, topic);
  await waitFor('the first numbers', () => taken.distinct > 100, PATIENCE_MS);
  const listening = await killed.killAndRestart(AWAY_MS);
  await waitFor(
    'the next numbers',
    () => (numbers.acknowledged.at(-1) ?? 0) > listening + 1_000,
    PATIENCE_MS,
  );
  const sent = await numbers.stop();
  await allIn(taken, sent);
  note('the broker back, to the first acknowledged, ms', after(numbers.acknowledged, listening) - listening);
  note('the broker back, to the first handed over, ms', after(taken.at, listening) - listening);
  tell(note, await taken.outcome(kafka, topic, sent), 'a restart');
  await consumer.close();
}

async function throughRebalances(kafka: Kafka, note: Note): Promise<void> {
  const topic = await newTopic(kafka);
  const group = `bench.${randomBytes(6).toString('hex')}`;
  const taken = new TakenIn();
  const one = taken.join(kafka, group, topic);
  const numbers = new Numbers(kafka, topic);
  await waitFor('the first numbers', () => taken.distinct > 100, PATIENCE_MS);
  const began = performance.now();
  const two = taken.join(kafka, group, topic);
  const shared = () => one.assignment().length + two.assignment().length === 3 && two.assignment().length > 0;
  await waitFor('the shared assignment', shared, PATIENCE_MS);
  await sleep(1_000);
  await one.close();
  await waitFor('the whole assignment', () => two.assignment().length === 3, PATIENCE_MS);
  await sleep(1_000);
  const sent = await numbers.stop();
  await allIn(taken, sent);
  note('members come and go, the longest pause, ms', longestPause(taken.at, began, performance.now()));
  tell(note, await taken.outcome(kafka, topic, sent), 'members that come and go');
  await two.close();
}

/** Waits for what was sent. What has not come by then is no failure of the bench: it is told as lost. */
async function allIn(taken: TakenIn, sent: number): Promise<void> {
  await waitFor('every number', () => taken.distinct >= sent, PATIENCE_MS).catch(() => undefined);
}

function after(moments: readonly number[], since: number): number {
  return moments.find((moment) => moment > since) ?? Number.NaN;
}

function tell(note: Note, outcome: Outcome, through: string): void {
  note(`lost through ${through}`, outcome.lost);
  note(`written twice through ${through}`, outcome.writtenTwice);
  note(`handed over again through ${through}`, outcome.handedOverAgain);
  note(`reordered keys through ${through}`, outcome.reordered);
}
