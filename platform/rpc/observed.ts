import { status } from '@grpc/grpc-js';
import { context, propagation, ROOT_CONTEXT, SpanKind } from '@opentelemetry/api';
import { toRefusal } from '#platform/errors/funnel.ts';
import type { CallMetrics } from '#platform/metrics/call-metrics.ts';
import { failSpan, startSpan } from '#platform/telemetry/span.ts';
import type { Interceptor } from './exchange.ts';

/**
 * Spans, counts and times every call, however it ends, and turns whatever was thrown into the one refusal that the
 * caller gets. Everything that can fail is inside of it.
 */
export function observed(metrics: CallMetrics): Interceptor {
  return (method, next) => {
    const name = `${method.parent.typeName}/${method.name}`;
    const attributes = { 'rpc.system.name': 'grpc', 'rpc.method': name };
    return async (exchange) => {
      const { call } = exchange;
      const started = performance.now();
      const traceparent = exchange.metadata.get('traceparent')[0];
      const parent =
        traceparent === undefined
          ? ROOT_CONTEXT
          : propagation.extract(ROOT_CONTEXT, { traceparent: traceparent.toString() });
      const { span, context: within } = startSpan(name, { kind: SpanKind.SERVER, attributes }, parent);
      let code: status = status.OK;
      try {
        await context.with(within, next, undefined, exchange);
      } catch (error) {
        const refused = context.with(within, toRefusal, undefined, error, call);
        code = refused.code;
        if (isServerFault(code)) {
          failSpan(span, refused);
        }
        throw refused;
      } finally {
        span.setAttribute('rpc.response.status_code', status[code] ?? String(code));
        span.end();
        metrics.record({
          side: 'server',
          method: name,
          code,
          peer: call.caller.service,
          milliseconds: performance.now() - started,
          requestBytes: exchange.requestBytes.byteLength,
          responseBytes: exchange.responseBytes,
        });
        if (call.log.isLevelEnabled('debug')) {
          call.log.debug({ rpc_method: name, code: status[code] }, 'call served');
        }
      }
    };
  };
}

/** The codes that tell of the server and not of the request; only these make a server's span an error. */
function isServerFault(code: status): boolean {
  return (
    code === status.UNKNOWN ||
    code === status.DEADLINE_EXCEEDED ||
    code === status.UNIMPLEMENTED ||
    code === status.INTERNAL ||
    code === status.UNAVAILABLE ||
    code === status.DATA_LOSS
  );
}
