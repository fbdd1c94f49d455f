import { setTimeout as sleep } from 'node:timers/promises';
import { scanTopics } from '#platform/kafka/scan-topics.ts';
import { unsettledStates } from '../../services/order/domain/order-state.ts';
import { subscriptions } from './world/subscriptions.ts';
import { domainTopics } from './world/topics.ts';
import type { World } from './world/world.ts';

/** The groups that read beside the services: the stream job, and ClickHouse of the domains' topics and of the job's. */
const outsideReaders: Readonly<Record<string, 'domains' | readonly string[]>> = {
  'shopverse.flink.analytics': ['shopverse.order.v1', 'shopverse.payment.v1', 'shopverse.behaviour.v1'],
  'shopverse.clickhouse.events': 'domains',
  'shopverse.clickhouse.derived': ['shopverse.analytics.v1'],
};

/** How far a reader is, and where its partition ends. */
export type Place = { readonly what: string; readonly next: bigint; readonly end: bigint };

/** Readers that have records before them, told in one line each. */
export function behind(places: readonly Place[]): string[] {
  const waiting = new Map<string, bigint>();
  for (const { what, next, end } of places) {
    if (next < end) {
      waiting.set(what, (waiting.get(what) ?? 0n) + end - next);
    }
  }
  return Array.from(waiting, ([what, records]) => `${what} has ${records} records before it`);
}

/** How much goes on at a moment. */
export type Unrest = {
  /** What is on its way: in outboxes, before readers, to be tried again. */
  readonly moving: readonly string[];
  /** What waits for something: orders and payments. */
  readonly unsettled: readonly string[];
  /** How many records have ever been written to the domains' topics. */
  readonly records: bigint;
};

/** Everything that is still going on. */
export async function lookForUnrest(world: World): Promise<Unrest> {
  const ends = await topicEnds(world);
  const unrest = await unrestOfServices(world, ends);
  return { ...unrest, moving: [...unrest.moving, ...behind(await outsidePlaces(world, ends))] };
}

/** What still goes on in the services alone, whatever those who read beside them do. */
export async function lookAtServices(world: World): Promise<Unrest> {
  return unrestOfServices(world, await topicEnds(world));
}

async function unrestOfServices(world: World, ends: Ends): Promise<Unrest> {
  const domains = [...ends].filter(([topic]) => topic !== derived);
  return {
    moving: [...(await waitingOutboxes(world)), ...behind(await consumerPlaces(world, ends))],
    unsettled: await unfinishedOrders(world),
    records: domains
      .flatMap(([, partitions]) => [...partitions.values()])
      .reduce((sum, end) => sum + end, 0n),
  };
}

/** What goes on, in a line each. */
export const reasonsOf = ({ unsettled, moving }: Unrest): string[] => [...unsettled, ...moving];

/** Waits until nothing goes on any more, or `patienceMs` are over. `say` is told now and then what is waited for. */
export async function waitForQuiet(
  world: World,
  patienceMs: number,
  say: (line: string) => void,
  look: (world: World) => Promise<Unrest> = lookForUnrest,
): Promise<Unrest> {
  const until = Date.now() + patienceMs;
  let saidAt = Date.now();
  for (;;) {
    const unrest = await look(world);
    const reasons = reasonsOf(unrest);
    if (reasons.length === 0 || Date.now() > until) {
      return unrest;
    }
    if (Date.now() - saidAt > 5_000) {
      saidAt = Date.now();
      say(`  waiting for quiet: ${reasons.join('; ')}`);
    }
    await sleep(500);
  }
}

/** Where the partitions of a topic end; 0 where one holds nothing. */
type Ends = ReadonlyMap<string, ReadonlyMap<number, bigint>>;

const derived = 'shopverse.analytics.v1';

/** Where the topics end that somebody reads, by partition. */
export async function topicEnds({ kafka }: World): Promise<Ends> {
  const topics = await kafka.admin.topics();
  const ends = new Map<string, ReadonlyMap<number, bigint>>();
  for (const topic of [...domainTopics(topics), derived].filter((each) => topics.includes(each))) {
    const bounds = await kafka.admin.offsets(topic);
    ends.set(
      topic,
      new Map(bounds.map(({ partition, first, next }) => [partition, next > first ? next : 0n])),
    );
  }
  return ends;
}

/** What counts is what a consumer's own database says, not what it told the broker. */
export async function consumerPlaces({ databases }: World, ends: Ends): Promise<Place[]> {
  const places: Place[] = [];
  for (const { consumer, service, effects } of subscriptions) {
    if (!databases.services.includes(service)) {
      continue;
    }
    const rows = await databases.rows<{ topic: string; partition: number; next_offset: bigint }>(
      service,
      'select topic, partition, next_offset from consumer_offset where consumer = $1',
      [consumer],
    );
    const nextOf = new Map(rows.map((row) => [`${row.topic}/${row.partition}`, row.next_offset]));
    for (const topic of Object.keys(effects)) {
      for (const [partition, end] of ends.get(topic) ?? []) {
        places.push({ what: consumer, next: nextOf.get(`${topic}/${partition}`) ?? 0n, end });
      }
    }
  }
  return places;
}

async function outsidePlaces(world: World, ends: Ends): Promise<Place[]> {
  const { kafka } = world;
  const places: Place[] = [];
  for (const [group, reads] of Object.entries(outsideReaders)) {
    const topics = reads === 'domains' ? [...ends.keys()].filter((topic) => topic !== derived) : reads;
    for (const topic of topics.filter((each) => ends.has(each))) {
      const committed = await kafka.admin.committed(group, topic);
      const nextOf = new Map(committed.map(({ partition, offset }) => [partition, offset]));
      for (const [partition, end] of ends.get(topic) ?? []) {
        const next = nextOf.get(partition) ?? 0n;
        const place = { topic, partition, next, end };
        const passed =
          next < end && group.startsWith('shopverse.clickhouse.') && (await isEmptyTail(world, place));
        places.push({ what: group, next: passed ? end : next, end });
      }
    }
  }
  return places;
}

/** No longer than this, a rest is looked into. */
const longestTail = 20n;
const restsSeen = new WeakMap<World, Map<string, bigint>>();

/**
 * Whether nothing is left of a partition but records without a value, which ClickHouse passes over: its place moves on
 * with the next record that has one. Looked into only when the same rest was there at the look before.
 */
async function isEmptyTail(
  world: World,
  { topic, partition, next, end }: { topic: string; partition: number; next: bigint; end: bigint },
): Promise<boolean> {
  const rests = restsSeen.get(world) ?? new Map<string, bigint>();
  restsSeen.set(world, rests);
  const name = `${topic}/${partition}/${next}`;
  const seenBefore = rests.get(name) === end;
  rests.set(name, end);
  if (!seenBefore || end - next > longestTail) {
    return false;
  }
  let empty = true;
  await scanTopics(
    world.kafka,
    [topic],
    (record) => {
      empty &&= record.partition !== partition || record.offset < next || (record.value?.length ?? 0) === 0;
    },
    (_, each) => (each === partition ? next : beyondAll),
  );
  return empty;
}

/** Beyond every end. */
const beyondAll = 1n << 62n;

async function unfinishedOrders({ databases }: World): Promise<string[]> {
  const { services } = databases;
  const orders = services.includes('order')
    ? await databases.rows<{ told: string }>(
        'order',
        `select count(*) || ' orders are ' || state as told from orders where state = any($1) group by state`,
        [unsettledStates],
      )
    : [];
  const attempts = services.includes('payment')
    ? await databases.rows<{ told: string }>(
        'payment',
        `select count(*) || ' payment attempts are ' || outcome as told from attempt
         where outcome in ('PENDING', 'UNKNOWN') group by outcome`,
      )
    : [];
  return [...orders, ...attempts].map(({ told }) => told);
}

async function waitingOutboxes({ databases }: World): Promise<string[]> {
  const found: string[] = [];
  for (const service of databases.services) {
    const rows = await databases.rows<{ told: string }>(
      service,
      `select 'the outbox of ${service} has ' || count(*) || ' events waiting' as told
       from outbox, outbox_cursor as cursor where (outbox.xid, outbox.seq) > (cursor.xid, cursor.seq)
       having count(*) > 0
       union all
       select count(*) || ' facts are tried again by ' || consumer from dead_letter
       where state = 'RETRYING' group by consumer`,
    );
    found.push(...rows.map(({ told }) => told));
  }
  return found;
}
