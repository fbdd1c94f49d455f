import { type Span, SpanKind, trace } from '@opentelemetry/api';
import { deadLetterSuffix, headerName } from '#platform/events/headers.ts';
import type { Header, ProducedRecord, Producer } from '#platform/kafka/kafka.ts';
import { traceFrom } from '#platform/telemetry/span.ts';
import type { OutboxRow } from './relay-store.ts';
import { restoreHeaders, textHeader } from './stored-headers.ts';

const tracer = trace.getTracer('shopverse.outbox');

/** The broker refuses a batch of a partition beyond 1 MiB; a batch of ours may all go to one partition. */
const bytesPerSend = 700_000;

/**
 * Sends rows in their order. Each goes out under a producer span, child of the span that appended it, and carries
 * that span's traceparent, so that a trace stays one tree over the broker.
 */
export async function publish(producer: Producer, rows: readonly OutboxRow[]): Promise<void> {
  let records: ProducedRecord[] = [];
  let spans: Span[] = [];
  let bytes = 0;
  const flush = async () => {
    try {
      await producer.send(records);
    } finally {
      for (const span of spans) {
        span.end();
      }
    }
    records = [];
    spans = [];
    bytes = 0;
  };
  for (const row of rows) {
    const record = toRecord(row, spans);
    const size = sizeOf(record);
    if (records.length > 0 && bytes + size > bytesPerSend) {
      await flush();
    }
    records.push(record);
    bytes += size;
  }
  if (records.length > 0) {
    await flush();
  }
}

function toRecord(row: OutboxRow, spans: Span[]): ProducedRecord {
  const headers = restoreHeaders(row.headers);
  const parent = textHeader(headers, headerName.traceparent);
  // A dead letter is the record as it was, to the byte.
  if (parent?.endsWith('-01') !== true || row.topic.endsWith(deadLetterSuffix)) {
    return { topic: row.topic, key: row.key, value: row.payload, headers };
  }
  const span = tracer.startSpan(
    `${row.topic} publish`,
    {
      kind: SpanKind.PRODUCER,
      attributes: {
        'messaging.system': 'kafka',
        'messaging.destination.name': row.topic,
        'messaging.operation.type': 'send',
        'shopverse.outbox.wait_ms': Date.now() - row.created_at.getTime(),
      },
    },
    traceFrom(parent),
  );
  spans.push(span);
  const { traceId, spanId, traceFlags } = span.spanContext();
  const own = Buffer.from(`00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, '0')}`);
  return {
    topic: row.topic,
    key: row.key,
    value: row.payload,
    headers: headers.map(
      (header): Header => (header[0] === headerName.traceparent ? [header[0], own] : header),
    ),
  };
}

function sizeOf(record: ProducedRecord): number {
  const headers = record.headers.reduce(
    (sum, [name, value]) => sum + name.length + (value?.length ?? 0) + 4,
    0,
  );
  return headers + (record.key?.length ?? 0) + (record.value?.length ?? 0) + 20;
}
