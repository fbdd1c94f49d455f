import pg from 'pg';
import { stackCoordinates } from '#platform/testing/stack.ts';
import { waitFor } from '#platform/testing/wait-for.ts';
import { PATIENCE_MS } from './checkout.ts';
import { stack } from './transports.ts';

/** A span as Zipkin gives it back. */
export type Span = {
  readonly id: string;
  readonly parentId?: string;
  readonly name?: string;
  readonly kind?: string;
  readonly localEndpoint?: { readonly serviceName?: string };
};

/** The trace that an order's first fact carries, once Zipkin has it from the edge to each of these services. */
export async function traceOf(orderId: string, services: readonly string[]): Promise<readonly Span[]> {
  const traceId = await traceIdOf(orderId);
  const url = `http://127.0.0.1:${stack.ports.zipkin}/api/v2/trace/${traceId}`;
  return waitFor(
    `the trace ${traceId} of ${services}`,
    async () => {
      const answer = await fetch(url);
      const spans = answer.ok ? ((await answer.json()) as Span[]) : [];
      const there = new Set(spans.map((span) => span.localEndpoint?.serviceName));
      // Spans come in batches of a second: the tree is whole when nothing in it waits for a parent any more.
      return services.every((service) => there.has(service)) && unrooted(spans).length <= 1 && spans;
    },
    PATIENCE_MS,
  );
}

/** The spans whose parents aren't in the trace: in one tree only its root. */
export function unrooted(spans: readonly Span[]): readonly Span[] {
  const known = new Set(spans.map(({ id }) => id));
  return spans.filter(({ parentId }) => parentId === undefined || !known.has(parentId));
}

/** I-39: every fact has its trace with it. */
async function traceIdOf(orderId: string): Promise<string> {
  const url = new URL(stackCoordinates().postgres.adminUrl);
  url.pathname = '/order';
  const client = new pg.Client({ connectionString: url.href });
  await client.connect();
  try {
    const { rows } = await client.query<{ headers: Record<string, string> }>(
      'select headers from outbox where aggregate_id = $1 and aggregate_seq = 1',
      [orderId],
    );
    const traceId = /^00-([0-9a-f]{32})-/.exec(rows[0]?.headers.traceparent ?? '')?.[1];
    if (traceId === undefined) throw new Error(`The first fact of ${orderId} carries no trace.`);
    return traceId;
  } finally {
    await client.end();
  }
}
