import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import { BehaviourEventSchema } from '#gen/shopverse/gateway/v1/behaviour_events_pb.ts';
import type { Behaviour as WireBehaviour } from '#gen/shopverse/gateway/v1/behaviour_service_pb.ts';
import { domainEvent } from '#platform/events/domain-event.ts';
import { type EventSource, eventHeaders, headerName } from '#platform/events/headers.ts';
import type { Header, ProducedRecord } from '#platform/kafka/kafka.ts';
import type { Logger } from '#platform/log/logger.ts';
import { inSpan } from '#platform/telemetry/span.ts';
import type { Behaviour } from '../domain/batch.ts';
import { blotOut } from '../domain/blot-out.ts';
import type { BehaviourLog, Visit } from '../ports.ts';
import type { GroupWriter } from './group-writer.ts';

/** What a visitor did, as the contract has it. */
export type WireFact = WireBehaviour['event'];

/** When to come again, so that many who are refused at once don't come at once. */
const RETRY_MS = { least: 500, spread: 1_000 };

/** The log as a Kafka topic, keyed by session, so that what one visit did stays in order. */
export function createKafkaBehaviourLog(deps: {
  readonly writer: GroupWriter;
  readonly source: EventSource;
  readonly log: Logger;
  readonly random: () => number;
}): BehaviourLog<WireFact> {
  const retryAfterMs = () => Math.round(RETRY_MS.least + deps.random() * RETRY_MS.spread);
  return {
    append: (visit, events) =>
      inSpan('publish behaviour', { kind: 'producer', attributes: { events: events.length } }, async () => {
        const written = await deps.writer.write(events.length, () => toRecords(deps.source, visit, events));
        if (written === 'written') return { kind: 'written' };
        if (written === 'full') return { kind: 'full', retryAfterMs: retryAfterMs() };
        deps.log.warn({ err: written.failed, events: events.length }, 'behaviour events were not written');
        return { kind: 'unavailable', retryAfterMs: retryAfterMs() };
      }),
  };
}

/** The events' records: with the client's own ids and times in the headers, and without places in a sequence. */
function toRecords(
  source: EventSource,
  visit: Visit,
  events: readonly Behaviour<WireFact>[],
): ProducedRecord[] {
  const key = Buffer.from(visit.sessionId);
  const receiveTime = timestampFromDate(source.clock.now());
  // Of one call, so that all but three headers are the same in every record: they are encoded once.
  let shared: Header[] | undefined;
  return events.map(({ id, time, fact }) => {
    const stated = domainEvent(
      BehaviourEventSchema,
      { id: visit.sessionId, sequence: 1 },
      {
        eventId: id,
        eventTime: timestampFromDate(time),
        sessionId: visit.sessionId,
        userId: visit.userId,
        receiveTime,
        event: withoutPersonalData(fact),
      },
    );
    shared ??= encoded(eventHeaders(source, visit.sessionId, stated)).filter(([name]) => !OWN.has(name));
    const own = {
      [headerName.id]: id,
      [headerName.type]: stated.type,
      [headerName.time]: time.toISOString(),
    };
    return {
      topic: stated.topic,
      key,
      value: Buffer.from(stated.payload.buffer, stated.payload.byteOffset, stated.payload.byteLength),
      headers: [...encoded(own), ...shared],
    };
  });
}

const OWN: ReadonlySet<string> = new Set([
  headerName.id,
  headerName.type,
  headerName.time,
  headerName.sequence,
]);

function encoded(headers: Readonly<Record<string, string>>): Header[] {
  return Object.entries(headers).map(([name, value]) => [name, Buffer.from(value)]);
}

function withoutPersonalData(fact: WireFact): WireFact {
  if (fact.case !== 'searchPerformed') return fact;
  return { case: fact.case, value: { ...fact.value, query: blotOut(fact.value.query) } };
}
