import { randomBytes } from 'node:crypto';
import { currentContext } from '#platform/context/context.ts';
import type { Clock, Ids } from '#platform/ports.ts';
import { currentTraceparent } from '#platform/telemetry/span.ts';
import type { DomainEvent } from './domain-event.ts';

/** The names of the headers of an event: CloudEvents' Kafka binary mode, and W3C's trace context. */
export const headerName = {
  id: 'ce_id',
  type: 'ce_type',
  source: 'ce_source',
  subject: 'ce_subject',
  time: 'ce_time',
  specversion: 'ce_specversion',
  dataschema: 'ce_dataschema',
  contentType: 'content-type',
  sequence: 'ce_sequence',
  correlationId: 'ce_correlationid',
  causationId: 'ce_causationid',
  traceparent: 'traceparent',
} as const;

/** What the name of a topic of dead letters ends in. */
export const deadLetterSuffix = '.dlq';

/** Where events come from: the stating service, and its time and ids. */
export type EventSource = { readonly service: string; readonly clock: Clock; readonly ids: Ids };

/**
 * The headers of an event that is stated now, in the current context. `origin` stands in for a correlation id where
 * no request or message set the work off. What no event caused has its correlation id as its cause; outside a trace
 * an unsampled one is made up, so that each record belongs to some trace.
 */
export function eventHeaders(
  source: EventSource,
  origin: string,
  event: DomainEvent,
): Record<string, string> {
  const context = currentContext();
  const correlationId = context?.correlationId ?? origin;
  return {
    [headerName.id]: source.ids.uuid(),
    [headerName.type]: event.type,
    [headerName.source]: source.service,
    [headerName.subject]: event.aggregateId,
    [headerName.time]: source.clock.now().toISOString(),
    [headerName.specversion]: '1.0',
    [headerName.dataschema]: event.dataschema,
    [headerName.contentType]: 'application/protobuf',
    [headerName.sequence]: event.sequence.toString(),
    [headerName.correlationId]: correlationId,
    [headerName.causationId]: context?.causationId ?? correlationId,
    [headerName.traceparent]: currentTraceparent() || untraced(),
  };
}

function untraced(): string {
  return `00-${randomBytes(16).toString('hex')}-${randomBytes(8).toString('hex')}-00`;
}
