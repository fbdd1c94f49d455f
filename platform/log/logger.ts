import { trace } from '@opentelemetry/api';
import { type DestinationStream, type Logger as PinoLogger, pino } from 'pino';
import type { Caller } from '#platform/auth/caller.ts';
import { currentContext } from '#platform/context/context.ts';
import { redactFields, redactText, truncate } from './redact.ts';

/** Structured logging: one JSON line a record, with the correlation id and trace of the current work. */
export type Logger = PinoLogger;

/**
 * A process's logger. `level` is one of pino's level names, `to` the sink, stdout by default. Personal data and
 * secrets are withheld by key and by form, long fields cut.
 */
export function createLogger(options: {
  readonly service: string;
  readonly instance: string;
  readonly level: string;
  readonly to?: DestinationStream;
}): Logger {
  const sink = options.to ?? pino.destination({ dest: 1, sync: true });
  return pino(
    {
      level: options.level,
      base: { service: options.service, instance: options.instance },
      timestamp: pino.stdTimeFunctions.isoTime,
      mixin: currentIds,
      formatters: {
        level: (label) => ({ level: label }),
        log: redactFields,
      },
      serializers: { err: writableError, error: writableError },
    },
    { write: (line: string) => sink.write(redactText(line)) },
  );
}

function currentIds(): object {
  const work = currentContext();
  const span = trace.getActiveSpan()?.spanContext();
  return {
    ...(work === undefined ? {} : { correlation_id: work.correlationId, ...identities(work.caller) }),
    ...(span === undefined ? {} : { trace_id: span.traceId, span_id: span.spanId }),
  };
}

/** Both whom a piece of work is done for and which workload asked for it. */
function identities({ userId, service }: Caller): object {
  return {
    ...(userId === undefined ? {} : { user_id: userId }),
    ...(service === undefined ? {} : { caller_service: service }),
  };
}

type WritableError = {
  readonly type: string;
  readonly message: string;
  readonly code?: string | number;
  readonly stack?: string;
  readonly cause?: WritableError;
};

/** Of an error only what is no data: drivers hang whole rows and queries on theirs. */
function writableError(error: unknown, depth = 0): WritableError {
  if (!(error instanceof Error)) {
    return { type: typeof error, message: truncate(String(error)) };
  }
  const code = 'code' in error && (typeof error.code === 'string' || typeof error.code === 'number');
  return {
    type: error.name,
    message: truncate(error.message),
    ...(code ? { code: error.code as string | number } : {}),
    ...(error.stack === undefined ? {} : { stack: truncate(error.stack) }),
    ...(error.cause === undefined || depth >= 3 ? {} : { cause: writableError(error.cause, depth + 1) }),
  };
}
