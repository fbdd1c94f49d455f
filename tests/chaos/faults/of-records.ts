import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { DeadLetter_State } from '#gen/shopverse/platform/v1/dead_letter_service_pb.ts';
import type { ConsumedRecord, Header, Kafka, ProducedRecord } from '#platform/kafka/kafka.ts';
import { readTopic } from '#platform/kafka/scan-topics.ts';
import { openDeadLetters } from '../../../local/dead-letters/dead-letters.ts';
import type { Dice } from '../dice.ts';
import { byItself, type Fault, type Heal } from '../fault.ts';
import type { Stage } from '../stage.ts';

const TOPICS = ['order', 'inventory', 'payment', 'cart'].map((domain) => `shopverse.${domain}.v1`);
/** How many of a partition's last records are read. */
const LAST = 20n;

type Poison = (
  real: ConsumedRecord,
  dice: Dice,
) => Partial<Pick<ProducedRecord, 'key' | 'value' | 'headers'>>;

/** By what is wrong with it: what takes the place of a real record's parts. Its key is a real order's. */
const poisons: Readonly<Record<string, Poison>> = {
  'random bytes': (_real, dice) => ({ value: noise(dice, 200), headers: [] }),
  'no value and no key': () => ({ key: null, value: null, headers: [] }),
  'a real fact, cut off': ({ value }) => ({ value: value?.subarray(0, value.length - 3) ?? null }),
  'a real fact that says to be another': ({ headers }) => ({
    headers: replaced(headers, 'ce_dataschema', 'shopverse.user.v1.UserEvent'),
  }),
  'no headers': () => ({ headers: [] }),
  'almost 1 MiB of noise': (_real, dice) => ({ value: noise(dice, 1_048_000), headers: [] }),
};

/** F-18, F-20: records that come again, and records that are none. */
export const recordFaults: readonly Fault[] = [
  ...TOPICS.map(
    (topic): Fault => ({
      row: 'F-18',
      name: `records of ${topic} come again`,
      async inject(stage, dice) {
        const kafka = await stage.kafka();
        const copies: ProducedRecord[] = [];
        for (const record of await lastRecords(kafka, topic)) {
          for (let times = dice.below(5); times > 0; times -= 1) copies.push(copyOf(record));
        }
        await send(kafka, dice.shuffled(copies));
        return byItself;
      },
    }),
  ),
  ...Object.entries(poisons).map(
    ([what, poison]): Fault => ({
      row: 'F-20',
      name: `poison: ${what}`,
      async inject(stage, dice) {
        const kafka = await stage.kafka();
        const real = dice.one(await someRecords(kafka, dice.shuffled(TOPICS)));
        await send(kafka, [{ ...copyOf(real), ...poison(real, dice) }]);
        return discarded(stage);
      },
    }),
  ),
];

/** Somebody of the staff looks at what was set aside for good, and gives it up, until nothing more comes. */
function discarded(stage: Stage): Heal {
  return async () => {
    const letters = await openDeadLetters(stage.stack);
    for (let idle = 0; idle < 3; ) {
      const dead = (await letters.list()).filter(({ state }) => state === DeadLetter_State.DEAD);
      idle = dead.length === 0 ? idle + 1 : 0;
      if (dead.length > 0) await letters.discard(dead, 'chaos');
      await sleep(1_000);
    }
  };
}

/** The last records of the first of these topics that has any: in a new shop nobody has used a coupon yet. */
async function someRecords(kafka: Kafka, topics: readonly string[]): Promise<readonly ConsumedRecord[]> {
  for (const topic of topics) {
    const records = await lastRecords(kafka, topic);
    if (records.length > 0) return records;
  }
  return [];
}

async function lastRecords(kafka: Kafka, topic: string): Promise<readonly ConsumedRecord[]> {
  const bounds = await kafka.admin.offsets(topic);
  const from = new Map(
    bounds.map(({ partition, first, next }) => [partition, next - LAST > first ? next - LAST : first]),
  );
  return readTopic(kafka, topic, from);
}

function copyOf({ topic, key, value, headers }: ConsumedRecord): ProducedRecord {
  return { topic, key, value, headers };
}

async function send(kafka: Kafka, records: readonly ProducedRecord[]): Promise<void> {
  const producer = await kafka.producer();
  await producer.send(records);
  await producer.close();
}

function replaced(headers: readonly Header[], name: string, value: string): Header[] {
  return headers.map((header) => (header[0] === name ? [name, Buffer.from(value)] : header));
}

function noise(dice: Dice, size: number): Buffer {
  const seed = String(dice.below(1_000_000));
  const block = createHash('sha512').update(seed).digest();
  return Buffer.alloc(size, block);
}
