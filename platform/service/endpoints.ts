import { collectDefaultMetrics, register } from 'prom-client';
import type { CallMetrics } from '#platform/metrics/call-metrics.ts';
import type { HttpHandler } from './http-handler.ts';

/** What operators and the supervisor ask a process for, each in milliseconds at the most. */
export function operatorRoutes(process: {
  readonly metrics: CallMetrics;
  /** Why the process isn't ready; undefined when it is. */
  readonly unready: () => Promise<string | undefined>;
}): Readonly<Record<string, HttpHandler>> {
  if (register.getSingleMetric('process_cpu_user_seconds_total') === undefined) {
    collectDefaultMetrics();
  }
  return {
    'GET /livez': async () => ({ status: 200, body: 'ok\n' }),
    'GET /readyz': async () => {
      const reason = await process.unready();
      return reason === undefined ? { status: 200, body: 'ok\n' } : { status: 503, body: `${reason}\n` };
    },
    'GET /metrics': async () => ({
      status: 200,
      headers: { 'content-type': register.contentType },
      body: (await register.metrics()) + process.metrics.text(),
    }),
  };
}
