import { randomUUID } from 'node:crypto';
import { currentContext, nobody, runInContext } from '#platform/context/context.ts';
import { currentTraceparent, inSpan } from '#platform/telemetry/span.ts';
import type { Origin } from '../ports.ts';

/** Where the current work comes from, to be stored beside what it leaves for later. */
export function currentOrigin(): Origin {
  const context = currentContext();
  return {
    correlationId: context?.correlationId ?? randomUUID(),
    causationId: context?.causationId,
    traceparent: currentTraceparent(),
  };
}

/** Goes on with work in the trace and correlation that it was stored under, in a span of its own. */
export function inOrigin<R>(origin: Origin, span: string, work: () => Promise<R>): Promise<R> {
  const context = {
    correlationId: origin.correlationId,
    ...(origin.causationId === undefined ? {} : { causationId: origin.causationId }),
    caller: nobody,
  };
  const parent = origin.traceparent === '' ? {} : { parent: origin.traceparent };
  return runInContext(context, () => inSpan(span, { kind: 'internal', ...parent }, work));
}
