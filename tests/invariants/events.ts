import { type Invariant, judged } from './invariant.ts';
import { outOfSequence } from './sequence.ts';
import { examplesIn, sizesIn } from './sql-invariant.ts';
import { sqlSet } from './world/databases.ts';
import { deadLetterName, deadLetterPlace, deadLetterProblem } from './world/dead-record.ts';
import { placeOf } from './world/record.ts';
import { beyond, differences, memorySet, told } from './world/sets.ts';
import type { KafkaSeen } from './world/topics.ts';
import type { World } from './world/world.ts';

/** Written to Kafka by the gateway before it answers, so that there is no outbox row: nothing else is done with it. */
const withoutOutbox: ReadonlySet<string> = new Set(['shopverse.behaviour.v1']);

/** By service, the aggregates that keep the number of their last fact, as texts `id` and bigint `version`. */
const versions: Readonly<Record<string, string>> = {
  order: "select 'shopverse.order.v1' as topic, order_id::text as id, version from orders",
  payment: "select 'shopverse.payment.v1' as topic, payment_id::text as id, version from payment",
  inventory: `select 'shopverse.inventory.v1' as topic, order_id::text as id, sequence as version from reservation
    union all select 'shopverse.inventory.v1', sku, sequence from level_sequence`,
  cart: `select 'shopverse.cart.v1' as topic, cart_id::text as id, version from cart
    union all select 'shopverse.cart.v1', order_id::text, version from coupon_hold`,
  product: "select 'shopverse.product.v1' as topic, product_id as id, version from product",
  user: "select 'shopverse.user.v1' as topic, user_id::text as id, version from account",
};

/** What must hold of events on their way from an outbox into Kafka. */
export const eventInvariants: readonly Invariant[] = [
  {
    id: 'I-30',
    sentence: 'per aggregate: outbox sequence is exactly 1..version',
    when: 'always',
    async check({ databases }) {
      const found: string[] = [];
      let events = 0;
      for (const service of databases.services) {
        const version = versions[service];
        found.push(
          ...(await examplesIn(databases, service, [gapsSql, ...(version ? [versionSql(version)] : [])])),
        );
        const sizes = await sizesIn(databases, service, { events: 'outbox' });
        events += sizes.events ?? 0;
      }
      return judged({ events, services: databases.services.length }, found);
    },
  },
  {
    id: 'I-31',
    sentence:
      'every outbox row is in Kafka; every record in Kafka has an outbox row, or is noise that was set aside',
    when: 'quiet',
    async check(world) {
      const kafka = await world.topics();
      const found: string[] = [];
      const owned = new Set<string>();
      const stated: string[] = [];
      for (const service of world.databases.services) {
        const topics = await topicsOf(world, service);
        for (const topic of topics) {
          owned.add(topic);
        }
        const outbox = sqlSet(world.databases, service, outboxSql);
        const records = memorySet(membersOf(kafka, topics));
        found.push(...told(await differences(outbox, records), 'in the outbox', 'in Kafka'));
        const letters = await world.databases.rows<{ member: string }>(service, deadLettersSql);
        stated.push(...letters.map(({ member }) => member));
      }
      // A topic's dead letters come from each service that reads it.
      const copies = [...new Set(kafka.deadLetters.map(deadLetterName))];
      found.push(...beyond(stated, copies).map((name) => `in an outbox, not in Kafka: dead letter ${name}`));
      found.push(...beyond(copies, stated).map((name) => `in Kafka, not in an outbox: dead letter ${name}`));
      const strangers = kafka.topics.filter(
        ({ topic, records }) => records > 0 && !owned.has(topic) && !withoutOutbox.has(topic),
      );
      found.push(
        ...strangers.map(({ topic, records }) => `${topic} has ${records} records and no outbox row`),
      );
      return judged(
        { records: kafka.records, topics: owned.size, 'records of noise set aside': kafka.noise.length },
        found,
      );
    },
  },
  {
    id: 'I-33',
    sentence: 'per key, first occurrences in a topic are in sequence, in one partition',
    when: 'always',
    async check({ topics }) {
      const kafka = await topics();
      return judged({ records: kafka.records }, kafka.topics.flatMap(outOfSequence));
    },
  },
  {
    id: 'I-36',
    sentence:
      'a DLQ record is byte-identical and carries topic, partition, offset, key, headers, error, attempts',
    when: 'always',
    async check({ topics }) {
      const { deadLetters, originals } = await topics();
      const found = deadLetters.map((letter) =>
        deadLetterProblem(letter, originals.get(deadLetterPlace(letter))),
      );
      return judged(
        { 'dead letters': deadLetters.length },
        found.filter((problem) => problem !== undefined),
      );
    },
  },
  {
    id: 'I-39',
    sentence:
      'every record carries event id, type, schema version, time, correlation id, causation id, traceparent',
    when: 'always',
    async check({ topics }) {
      const kafka = await topics();
      const found = kafka.topics
        .flatMap(({ incomplete }) => incomplete)
        .map((record) => `${placeOf(record)} lacks ${record.missing.join(', ')}`);
      return judged({ records: kafka.records }, [...found, ...kafka.undecodable]);
    },
  },
  {
    id: 'I-41',
    sentence: 'every retained record decodes as the message that it says to be, with the schema of today',
    when: 'always',
    async check({ topics }) {
      const kafka = await topics();
      return judged({ records: kafka.records }, kafka.illegible);
    },
  },
];

const gapsSql = `
  select format('%s of %s: %s events, numbered %s to %s', aggregate_id, topic, count(*), min(aggregate_seq),
    max(aggregate_seq)) as example
  from outbox where topic not like '%.dlq'
  group by topic, aggregate_id
  having min(aggregate_seq) <> 1 or max(aggregate_seq) <> count(*) or count(distinct aggregate_seq) <> count(*)`;

function versionSql(version: string): string {
  return `
    select format('%s of %s is at version %s, its last event is %s', id, topic, version, coalesce(last, 0)) as example
    from (${version}) as aggregate left join (
      select topic, aggregate_id as id, max(aggregate_seq) as last from outbox group by topic, aggregate_id) as stated
      using (topic, id)
    where version <> coalesce(last, 0)`;
}

const outboxSql = `
  select topic as grouping, event_id::text as member from outbox where topic not like '%.dlq'`;

/** The ids of dead letters aren't their own, so they go by who gave up on what. */
const deadLettersSql = "select aggregate_id as member from outbox where topic like '%.dlq'";

async function topicsOf({ databases }: World, service: string): Promise<string[]> {
  const rows = await databases.rows<{ topic: string }>(
    service,
    "select distinct topic from outbox where topic not like '%.dlq'",
  );
  return rows.map(({ topic }) => topic);
}

function membersOf(kafka: KafkaSeen, topics: readonly string[]): ReadonlyMap<string, readonly string[]> {
  const own = kafka.topics.filter(({ topic }) => topics.includes(topic));
  return new Map(
    own.map(({ topic, events, nameless }) => [
      topic,
      [...events.keys(), ...nameless.map((record) => `${placeOf(record)} without an id`)],
    ]),
  );
}
