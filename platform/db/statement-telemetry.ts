import { context, type HrTime, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import type { LogEvent } from 'kysely';
import { Histogram } from 'prom-client';

const tracer = trace.getTracer('shopverse.db');
const names = new Map<string, string>();
const namesKept = 2_000;

const seconds = new Histogram({
  name: 'shopverse_db_statement_seconds',
  help: 'Time of SQL statements, by operation and table.',
  labelNames: ['service', 'statement', 'outcome'],
  buckets: [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5],
});

/**
 * Measures statements, and adds a span to a trace that is being recorded. Both are named by operation and table;
 * neither ever holds a value. For kysely's `log`.
 */
export function statementTelemetry(service: string): (event: LogEvent) => void {
  return (event) => {
    const name = statementName(event.query.sql);
    const outcome = event.level === 'query' ? 'ok' : 'error';
    seconds.observe({ service, statement: name, outcome }, event.queryDurationMillis / 1_000);
    if (trace.getActiveSpan()?.isRecording() !== true || name === 'begin') {
      return;
    }
    const end = performance.timeOrigin + performance.now();
    const span = tracer.startSpan(
      `sql ${name}`,
      {
        kind: SpanKind.CLIENT,
        startTime: inMicroseconds(end - event.queryDurationMillis),
        attributes: { 'db.system.name': 'postgresql', 'db.namespace': service, 'db.query.summary': name },
      },
      context.active(),
    );
    if (event.level === 'error') {
      span.setStatus({ code: SpanStatusCode.ERROR });
      span.setAttribute('error.type', event.error instanceof Error ? event.error.name : 'unknown');
    }
    span.end(inMicroseconds(end));
  };
}

/**
 * Milliseconds since 1970 as OpenTelemetry has times, in whole microseconds: Zipkin refuses a fraction of one, and with
 * it every other span of the same batch.
 */
export function inMicroseconds(milliseconds: number): HrTime {
  const seconds = Math.floor(milliseconds / 1_000);
  return [seconds, Math.floor((milliseconds - seconds * 1_000) * 1_000) * 1_000];
}

/** `select orders` for a statement that reads orders first; the operation alone where no table is named. */
export function statementName(sql: string): string {
  const known = names.get(sql);
  if (known !== undefined) {
    return known;
  }
  const operation = /^\s*(\w+)/.exec(sql)?.[1]?.toLowerCase() ?? 'empty';
  const table = /\b(?:from|into|update|join)\s+"?([a-z_][a-z0-9_]*)"?/i.exec(sql)?.[1]?.toLowerCase();
  const name = table === undefined ? operation : `${operation} ${table}`;
  if (names.size < namesKept) {
    names.set(sql, name);
  }
  return name;
}
