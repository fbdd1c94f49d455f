import { type Invariant, judged } from './invariant.ts';
import type { Checkout } from './world/checkouts.ts';
import { type Databases, sqlSet } from './world/databases.ts';
import { type Difference, differences, memorySet } from './world/sets.ts';
import { outcomeOf, type Subscription, subscriptions } from './world/subscriptions.ts';
import type { TopicSeen } from './world/topics.ts';
import type { World } from './world/world.ts';

/** A record that a consumer set aside, as its database has it. `member` is its event's id or, without one, its place. */
export type SetAside = { readonly topic: string; readonly partition: number; readonly member: string };

/** What a consumer was delivered: by topic, partition and the outcome that is due, the ids of events. */
export function due(subscription: Subscription, topics: readonly TopicSeen[]): Map<string, string[]> {
  const groups = new Map<string, string[]>();
  for (const { topic, events } of topics) {
    if (!(topic in subscription.effects)) {
      continue;
    }
    for (const event of events.values()) {
      const group = `${topic}/${event.partition}/${outcomeOf(subscription, topic, event.type)}`;
      const members = groups.get(group) ?? [];
      groups.set(group, members);
      members.push(event.id);
    }
  }
  return groups;
}

/** I-32: events whose effect is missing or one too many, but for those that were set aside. */
export function wrongEffects(
  consumer: string,
  found: readonly Difference[],
  aside: readonly SetAside[],
): string[] {
  const waiting = new Set(aside.map(({ member }) => member));
  return found.flatMap(({ group, onlyLeft, onlyRight }) => [
    ...onlyLeft.filter((id) => !waiting.has(id)).map((id) => `${consumer}: no ${group} of ${id}`),
    ...onlyRight.map((id) => `${consumer}: ${group} of ${id}, which isn't due`),
  ]);
}

/** I-32: facts of the checkout whose effect isn't there, whatever the inbox says. */
export function effectless({ order, payment, reservation }: Checkout): string[] {
  return [
    ...(reservation === undefined ? [`OrderPlaced of ${order.order_id} made no reservation`] : []),
    ...(order.payment_id !== null && payment === undefined
      ? [`PaymentRequested of ${order.order_id} made no payment`]
      : []),
    ...(payment !== undefined && order.payment_id !== null && payment.payment_id !== order.payment_id
      ? [`${order.order_id} asked for payment ${order.payment_id} and has ${payment.payment_id}`]
      : []),
  ];
}

/** What must hold of every consumer's inbox. */
export const inboxInvariants: readonly Invariant[] = [
  {
    id: 'I-32',
    sentence: 'per consumer and subscribed event: exactly one effect, however often delivered',
    when: 'quiet',
    async check(world) {
      const found: string[] = [];
      let events = 0;
      for (const subscription of known(world.databases)) {
        const { consumer, service } = subscription;
        const groups = due(subscription, (await world.topics()).topics);
        events += sizeOf(groups);
        const inbox = sqlSet(world.databases, service, effectsSql, [consumer]);
        const aside = await setAside(world, subscription);
        found.push(...wrongEffects(consumer, await differences(memorySet(groups), inbox), aside));
      }
      const { all } = await world.checkouts();
      found.push(...all.flatMap(effectless));
      return judged({ deliveries: events, consumers: known(world.databases).length }, found);
    },
  },
  {
    id: 'I-35',
    sentence: 'per consumer: delivered = inbox + open DLQ + declared skips, nothing missing',
    when: 'quiet',
    async check(world) {
      const found = await unknownConsumers(world.databases);
      let events = 0;
      let waiting = 0;
      for (const subscription of known(world.databases)) {
        const { consumer, service } = subscription;
        const { topics } = await world.topics();
        const delivered = merged(due(subscription, topics));
        events += sizeOf(delivered);
        const inbox = sqlSet(world.databases, service, inboxSql, [consumer]);
        const aside = await setAside(world, subscription);
        waiting += aside.length;
        found.push(...unaccounted(consumer, await differences(memorySet(delivered), inbox), aside));
      }
      return judged({ deliveries: events, 'open or discarded dead letters': waiting }, found);
    },
  },
];

/** I-35: delivered events of which the consumer knows nothing, and entries of what was never delivered. */
export function unaccounted(
  consumer: string,
  found: readonly Difference[],
  aside: readonly SetAside[],
): string[] {
  const waiting = new Set(aside.map(({ member }) => member));
  return found.flatMap(({ group, onlyLeft, onlyRight }) => [
    ...onlyLeft.filter((id) => !waiting.has(id)).map((id) => `${consumer} lost ${id} of ${group}`),
    ...onlyRight.map((id) => `${consumer} has ${id} in its inbox, which isn't in ${group}`),
  ]);
}

/** The subscriptions whose service is there. */
function known({ services }: Databases): readonly Subscription[] {
  return subscriptions.filter(({ service }) => services.includes(service));
}

/** Consumers that nobody declared: what they owe can't be known. */
async function unknownConsumers(databases: Databases): Promise<string[]> {
  const found: string[] = [];
  for (const service of databases.services) {
    const rows = await databases.rows<{ consumer: string }>(
      service,
      'select distinct consumer from consumer_offset',
    );
    found.push(
      ...rows
        .filter(({ consumer }) => !subscriptions.some((each) => each.consumer === consumer))
        .map(({ consumer }) => `${consumer} of ${service} is no known consumer`),
    );
  }
  return found;
}

async function setAside({ databases }: World, { service, consumer }: Subscription): Promise<SetAside[]> {
  return databases.rows<SetAside>(
    service,
    `select topic, partition, coalesce(event_id, topic || '/' || partition || '/' || "offset") as member
     from dead_letter where consumer = $1 and state <> 'REDRIVEN'`,
    [consumer],
  );
}

/** The same without the outcomes. */
function merged(groups: ReadonlyMap<string, readonly string[]>): Map<string, string[]> {
  const byPartition = new Map<string, string[]>();
  for (const [group, members] of groups) {
    const partition = group.slice(0, group.lastIndexOf('/'));
    byPartition.set(partition, [...(byPartition.get(partition) ?? []), ...members]);
  }
  return byPartition;
}

function sizeOf(groups: ReadonlyMap<string, readonly string[]>): number {
  return [...groups.values()].reduce((sum, members) => sum + members.length, 0);
}

const effectsSql = `
  select topic || '/' || partition || '/' || outcome as grouping, event_id::text as member
  from inbox where consumer = $1 and outcome <> 'discard'`;

const inboxSql = `
  select topic || '/' || partition as grouping, event_id::text as member from inbox where consumer = $1`;
