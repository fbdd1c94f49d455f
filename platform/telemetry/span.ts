import {
  type Attributes,
  context,
  type Link,
  type Context as OtelContext,
  propagation,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  trace,
} from '@opentelemetry/api';

const tracer = trace.getTracer('shopverse');

/** What a span is beside its name. `parent` is a W3C traceparent; without one the current span is the parent. */
export type SpanOptions = {
  readonly kind?: 'internal' | 'server' | 'client' | 'producer' | 'consumer';
  readonly attributes?: Attributes;
  readonly parent?: string;
  /** W3C traceparents of the spans that this one, as a batch, takes further. */
  readonly links?: readonly string[];
};

const kinds = {
  internal: SpanKind.INTERNAL,
  server: SpanKind.SERVER,
  client: SpanKind.CLIENT,
  producer: SpanKind.PRODUCER,
  consumer: SpanKind.CONSUMER,
};

/**
 * Runs `work` in a span of its own, ended when `work` settles. A failure marks the span with the error's type only:
 * messages may hold personal data. Rethrows whatever `work` throws.
 */
export async function inSpan<R>(
  name: string,
  options: SpanOptions,
  work: (span: Span) => Promise<R>,
): Promise<R> {
  const parent = options.parent === undefined ? context.active() : traceFrom(options.parent);
  const { span, context: within } = startSpan(name, toOtel(options), parent);
  try {
    return await context.with(within, work, undefined, span);
  } catch (error) {
    failSpan(span, error);
    throw error;
  } finally {
    span.end();
  }
}

/** A span that its caller ends, below the current one, and the context to run or send things in. */
export function startSpan(
  name: string,
  options: { readonly kind: SpanKind; readonly attributes: Attributes },
  parent: OtelContext = context.active(),
): { readonly span: Span; readonly context: OtelContext } {
  const span = tracer.startSpan(name, options, parent);
  return { span, context: trace.setSpan(parent, span) };
}

/** Marks a span as failed: by the type of an error, or by what the failure is called. */
export function failSpan(span: Span, failure: unknown): void {
  span.setAttribute('error.type', failure instanceof Error ? failure.name : String(failure));
  span.setStatus({ code: SpanStatusCode.ERROR });
}

/** The W3C traceparent of the current span, to be sent along or stored; empty where there is none. */
export function currentTraceparent(): string {
  const carrier: { traceparent?: string } = {};
  propagation.inject(context.active(), carrier);
  return carrier.traceparent ?? '';
}

/** OpenTelemetry's context for a W3C traceparent; the root context when it isn't one. */
export function traceFrom(traceparent: string): OtelContext {
  return propagation.extract(ROOT_CONTEXT, { traceparent });
}

function toOtel(options: SpanOptions) {
  const links: Link[] = [];
  for (const traceparent of options.links ?? []) {
    const linked = trace.getSpanContext(traceFrom(traceparent));
    if (linked !== undefined) {
      links.push({ context: linked });
    }
  }
  return { kind: kinds[options.kind ?? 'internal'], attributes: options.attributes ?? {}, links };
}
