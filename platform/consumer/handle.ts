import { Histogram } from 'prom-client';
import { nobody, runInContext } from '#platform/context/context.ts';
import type { Tx } from '#platform/db/database.ts';
import type { Logger } from '#platform/log/logger.ts';
import { inSpan } from '#platform/telemetry/span.ts';
import type { Incoming } from './incoming.ts';

/** How long a handler may take over one fact. */
export const handlerTimeoutMs = 10_000;

const seconds = new Histogram({
  name: 'shopverse_consumer_handler_seconds',
  help: 'Time that handlers took over a fact.',
  labelNames: ['consumer', 'fact', 'outcome'],
  buckets: [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 10],
});

/** A handler did not come to an end in time. */
export class HandlerTimeout extends Error {
  override readonly name = 'HandlerTimeout';

  constructor(type: string) {
    super(`The handler of ${type} took more than ${handlerTimeoutMs / 1_000} s.`);
  }
}

/**
 * Runs the handler of a fact inside `tx`, in the fact's own context: its correlation id, itself as the cause, and a
 * span under the one that published it. Throws what the handler throws, or HandlerTimeout; `tx` must then be rolled
 * back, after which a handler that still runs can do nothing with it.
 */
export async function handleFact(
  consumer: string,
  incoming: Extract<Incoming, { kind: 'fact' }>,
  tx: Tx<unknown>,
  log: Logger,
): Promise<void> {
  const { envelope, fact, handler } = incoming;
  if (handler === undefined) {
    return;
  }
  const end = seconds.startTimer({ consumer, fact: envelope.type.slice(envelope.type.lastIndexOf('.') + 1) });
  const context = { correlationId: envelope.correlationId, causationId: envelope.id, caller: nobody };
  const message = {
    tx,
    envelope,
    // Made when it is asked for: most handlers have nothing to say.
    get log() {
      return log.child({ event_id: envelope.id, event_type: envelope.type });
    },
  };
  try {
    await runInContext(context, () =>
      inSpan(
        `${envelope.topic} process`,
        {
          kind: 'consumer',
          ...(envelope.traceparent === '' ? {} : { parent: envelope.traceparent }),
          attributes: {
            'messaging.system': 'kafka',
            'messaging.destination.name': envelope.topic,
            'messaging.consumer.group.name': consumer,
            'messaging.operation.type': 'process',
            'messaging.message.id': envelope.id,
            'shopverse.event.type': envelope.type,
          },
        },
        () => inTime(handler(fact as never, message), envelope.type),
      ),
    );
    end({ outcome: 'ok' });
  } catch (error) {
    end({ outcome: 'error' });
    throw error;
  }
}

async function inTime(work: Promise<void>, type: string): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new HandlerTimeout(type)), handlerTimeoutMs);
  });
  try {
    await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
