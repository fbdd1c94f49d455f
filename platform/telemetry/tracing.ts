import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import { ZipkinExporter } from '@opentelemetry/exporter-zipkin';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { NodeSDK } from '@opentelemetry/sdk-node';
import {
  AlwaysOffSampler,
  BatchSpanProcessor,
  ParentBasedSampler,
  type SpanProcessor,
  TraceIdRatioBasedSampler,
} from '@opentelemetry/sdk-trace';

/** What is running, to be stopped at the end. */
export type Tracing = {
  /** Sends what is queued, for two seconds at the most. Never throws: telemetry fails nobody. */
  stop(): Promise<void>;
};

/**
 * Starts tracing for the process: W3C propagation always, so that every call and event carries a trace, and spans to
 * Zipkin when there is a URL. `ratio` (0 to 1) decides for traces that begin here; others follow their parent. At
 * most 4,096 spans wait: with Zipkin away the rest is dropped.
 */
export function startTracing(options: {
  readonly service: string;
  readonly instance: string;
  readonly zipkinUrl: string | undefined;
  readonly ratio: number;
}): Tracing {
  const { zipkinUrl: url } = options;
  const sdk = new NodeSDK({
    // Everything is said here: what the SDK would find out or send by itself costs start time and is not wanted.
    autoDetectResources: false,
    logRecordProcessors: [],
    metricReaders: [],
    contextManager: new AsyncLocalStorageContextManager(),
    textMapPropagator: new W3CTraceContextPropagator(),
    resource: resourceFromAttributes({
      'service.name': options.service,
      'service.namespace': 'shopverse',
      'service.instance.id': options.instance,
    }),
    sampler:
      url === undefined
        ? new AlwaysOffSampler()
        : new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(options.ratio) }),
    spanLimits: { attributeValueLengthLimit: 1024, linkCountLimit: 64 },
    spanProcessors:
      url === undefined
        ? [nowhere]
        : [
            new BatchSpanProcessor({
              exporter: new ZipkinExporter({ url, serviceName: options.service }),
              maxQueueSize: 4096,
              maxExportBatchSize: 512,
              scheduledDelayMillis: 1000,
              exportTimeoutMillis: 5000,
            }),
          ],
  });
  sdk.start();
  return {
    stop: async () => {
      const late = new Promise<void>((resolve) => setTimeout(resolve, 2000).unref());
      await Promise.race([sdk.shutdown(), late]).catch(() => undefined);
    },
  };
}

/** Without any processor the SDK makes no traces at all, and events would carry none. */
const nowhere: SpanProcessor = {
  onStart() {},
  onEnd() {},
  forceFlush: () => Promise.resolve(),
  shutdown: () => Promise.resolve(),
};
