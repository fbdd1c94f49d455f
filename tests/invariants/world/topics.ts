import { fromBinary, type Registry } from '@bufbuild/protobuf';
import type { ConsumedRecord, Kafka } from '#platform/kafka/kafka.ts';
import { type Bounds, scanTopics } from '#platform/kafka/scan-topics.ts';
import { deadLetterPlace } from './dead-record.ts';
import { factListener, type ToldFacts } from './facts.ts';
import { addressesIn } from './personal.ts';
import { placeOf, type Seen, seen } from './record.ts';

/** One topic's records, as far as the checks need them. */
export type TopicSeen = {
  readonly topic: string;
  readonly bounds: Bounds;
  readonly records: number;
  /** The first record of each event, by the event's id. */
  readonly events: ReadonlyMap<string, Seen>;
  /** Records that tell no event's id. */
  readonly nameless: readonly Seen[];
  /** Repeats of an event that lie in another partition than its first record. */
  readonly strays: readonly Seen[];
  /** Records that lack a header which every event has. */
  readonly incomplete: readonly Seen[];
};

/** All of the domains' topics, read once. */
export type KafkaSeen = {
  readonly topics: readonly TopicSeen[];
  readonly records: number;
  readonly facts: ToldFacts;
  /** Every record of every dead-letter topic, whole. */
  readonly deadLetters: readonly ConsumedRecord[];
  /** The records that dead letters are copies of, by place. */
  readonly originals: ReadonlyMap<string, ConsumedRecord>;
  /** Where an e-mail address of a user stands in clear. */
  readonly personal: readonly string[];
  /** Records of a type that the checks read, which nobody gave up on and whose value can't be decoded. */
  readonly undecodable: readonly string[];
  /** I-41: records that nobody gave up on, and that aren't the message that their header names. */
  readonly illegible: readonly string[];
  /** Where records lie that name no event and that somebody gave up on: noise, not events. */
  readonly noise: readonly string[];
};

/** The topics of the domains: those that have a dead-letter topic. What stream jobs derive has none. */
export function domainTopics(all: readonly string[]): string[] {
  const names = new Set(all);
  return all.filter((topic) => topic.startsWith('shopverse.') && names.has(`${topic}.dlq`)).sort();
}

/** Reads all of the domains' topics, their dead letters first. `emails` are looked for in clear. */
export async function seeTopics(
  kafka: Kafka,
  emails: ReadonlySet<string>,
  contracts: Registry,
): Promise<KafkaSeen> {
  const names = domainTopics(await kafka.admin.topics());
  const deadLetters: ConsumedRecord[] = [];
  await scanTopics(
    kafka,
    names.map((topic) => `${topic}.dlq`),
    (record) => deadLetters.push(record),
  );
  const gathering = gatherRecords(names, deadLetters, emails, contracts);
  return gathering.seen(await scanTopics(kafka, names, gathering.visit));
}

/** Gathers from records what the checks need; `seen` ends it, with where the topics begin and end. */
export function gatherRecords(
  names: readonly string[],
  deadLetters: readonly ConsumedRecord[],
  emails: ReadonlySet<string>,
  contracts: Registry,
): { visit(record: ConsumedRecord): void; seen(bounds: ReadonlyMap<string, Bounds>): KafkaSeen } {
  const wanted = new Set(deadLetters.map((record) => deadLetterPlace(record)));
  const originals = new Map<string, ConsumedRecord>();
  const personal: string[] = [];
  const undecodable: string[] = [];
  const illegible: string[] = [];
  const noise: string[] = [];
  const facts = factListener();
  const listeners = new Map(names.map((topic) => [topic, topicListener()]));
  return {
    visit(record) {
      const place = placeOf(record);
      if (wanted.has(place)) {
        originals.set(place, record);
      }
      if (holdsAddress(record, emails)) {
        personal.push(`${place} holds a user's e-mail address`);
      }
      const what = seen(record);
      // Not ours: it names no event, and a consumer set it aside.
      if (what.id === '' && wanted.has(place)) {
        noise.push(place);
        return;
      }
      if (!listeners.get(record.topic)?.take(what)) {
        return;
      }
      if (!wanted.has(place)) {
        illegible.push(...illegibility(record, place, contracts));
      }
      try {
        facts.take(what, record.value);
      } catch (error) {
        // What somebody gave up on may be anything.
        if (!wanted.has(place)) {
          undecodable.push(`${place} is no ${what.type}: ${error instanceof Error ? error.message : error}`);
        }
      }
    },
    seen(bounds) {
      const topics = Array.from(listeners, ([topic, listener]) => ({
        topic,
        bounds: bounds.get(topic) ?? [],
        ...listener.heard(),
      }));
      const records = topics.reduce((sum, topic) => sum + topic.records, 0);
      return {
        topics,
        records,
        facts: facts.heard,
        deadLetters,
        originals,
        personal,
        undecodable,
        illegible,
        noise,
      };
    },
  };
}

function illegibility({ headers, value }: ConsumedRecord, place: string, contracts: Registry): string[] {
  const type = headers.find(([name]) => name === 'ce_dataschema')?.[1]?.toString() ?? '';
  const schema = contracts.getMessage(type);
  if (schema === undefined) return [`${place} is no ${type || 'message'} that the contracts have`];
  try {
    fromBinary(schema, value ?? new Uint8Array());
    return [];
  } catch (error) {
    return [`${place} is no ${type}: ${error instanceof Error ? error.message : error}`];
  }
}

function holdsAddress({ key, value, headers }: ConsumedRecord, emails: ReadonlySet<string>): boolean {
  const holds = (bytes: Buffer | null) => addressesIn(bytes, emails).length > 0;
  return holds(value) || holds(key) || headers.some(([, text]) => holds(text));
}

type Heard = Omit<TopicSeen, 'topic' | 'bounds'>;

/** Takes a topic's records; `take` tells whether it was the first of its event. */
function topicListener(): { take(record: Seen): boolean; heard(): Heard } {
  const events = new Map<string, Seen>();
  const nameless: Seen[] = [];
  const strays: Seen[] = [];
  const incomplete: Seen[] = [];
  let records = 0;
  return {
    take(record) {
      records += 1;
      if (record.missing.length > 0) {
        incomplete.push(record);
      }
      if (record.id === '') {
        nameless.push(record);
        return false;
      }
      const first = events.get(record.id);
      if (first === undefined) {
        events.set(record.id, record);
      } else if (first.partition !== record.partition) {
        strays.push(record);
      }
      return first === undefined;
    },
    heard: () => ({ records, events, nameless, strays, incomplete }),
  };
}
