import { create, type MessageInitShape, toBinary } from '@bufbuild/protobuf';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import { BehaviourEventSchema } from '#gen/shopverse/gateway/v1/behaviour_events_pb.ts';
import type { Behaviour as WireBehaviour } from '#gen/shopverse/gateway/v1/behaviour_service_pb.ts';
import { domainEvent } from '#platform/events/domain-event.ts';
import { type EventSource, eventHeaders, headerName } from '#platform/events/headers.ts';
import type { ProducedRecord } from '#platform/kafka/kafka.ts';
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
        const written = await deps.writer.write(events.map((event) => toRecord(deps.source, visit, event)));
        if (written === 'written') return { kind: 'written' };
        if (written === 'full') return { kind: 'full', retryAfterMs: retryAfterMs() };
        deps.log.warn({ err: written.failed, events: events.length }, 'behaviour events were not written');
        return { kind: 'unavailable', retryAfterMs: retryAfterMs() };
      }),
  };
}

/** The record of an event: with the client's own id and time in its headers, and without a place in a sequence. */
function toRecord(
  source: EventSource,
  visit: Visit,
  { id, time, fact }: Behaviour<WireFact>,
): ProducedRecord {
  const event: MessageInitShape<typeof BehaviourEventSchema> = {
    eventId: id,
    eventTime: timestampFromDate(time),
    sessionId: visit.sessionId,
    userId: visit.userId,
    receiveTime: timestampFromDate(source.clock.now()),
    event: withoutPersonalData(fact),
  };
  const stated = domainEvent(BehaviourEventSchema, { id: visit.sessionId, sequence: 1 }, event);
  const { [headerName.sequence]: _, ...headers } = eventHeaders(source, visit.sessionId, stated);
  const own = { ...headers, [headerName.id]: id, [headerName.time]: time.toISOString() };
  return {
    topic: stated.topic,
    key: Buffer.from(visit.sessionId),
    value: Buffer.from(toBinary(BehaviourEventSchema, create(BehaviourEventSchema, event))),
    headers: Object.entries(own).map(([name, value]) => [name, Buffer.from(value)] as const),
  };
}

function withoutPersonalData(fact: WireFact): WireFact {
  if (fact.case !== 'searchPerformed') return fact;
  return { case: fact.case, value: { ...fact.value, query: blotOut(fact.value.query) } };
}
