import { timestampDate } from '@bufbuild/protobuf/wkt';
import { BehaviourService } from '#gen/shopverse/gateway/v1/behaviour_service_pb.ts';
import { ErrorReason, ErrorReasonSchema } from '#gen/shopverse/gateway/v1/gateway_pb.ts';
import { invalidRequest, refusal } from '#platform/errors/refusal.ts';
import { bind, type RpcBinding } from '#platform/rpc/bind.ts';
import type { Clock } from '#platform/runtime.ts';
import type { WireFact } from './adapters/kafka-behaviour-log.ts';
import type { Fault } from './domain/batch.ts';
import type { BehaviourLog } from './ports.ts';
import { publishBehaviour } from './usecases/publish-behaviour.ts';

/** The gateway's RPCs. */
export function createRpc(deps: { readonly log: BehaviourLog<WireFact>; readonly clock: Clock }): RpcBinding {
  return bind(BehaviourService, {
    async publishBehaviourEvents({ sessionId, events }, { caller }) {
      const visit = { sessionId, userId: caller.userId ?? '' };
      const batch = events.map(({ eventId, eventTime, event }) => ({
        id: eventId,
        time: eventTime ? timestampDate(eventTime) : new Date(Number.NaN),
        fact: event,
      }));
      const published = await publishBehaviour({ log: deps.log, now: deps.clock.now() }, visit, batch);
      switch (published.kind) {
        case 'written':
          return { writtenCount: events.length };
        case 'full':
          throw refusal(
            ErrorReasonSchema,
            ErrorReason.TOO_MANY_IN_FLIGHT,
            'Too many events are on their way.',
            {
              retryAfterMs: published.retryAfterMs,
            },
          );
        case 'unavailable':
          throw refusal(ErrorReasonSchema, ErrorReason.LOG_UNAVAILABLE, 'Events cannot be kept just now.', {
            retryAfterMs: published.retryAfterMs,
          });
        case 'refused':
          throw faulty(published.faults);
        default:
          throw new TypeError(published satisfies never);
      }
    },
  });
}

function faulty(faults: readonly Fault[]) {
  const untimely = faults.filter(({ kind }) => kind === 'time out of range');
  if (untimely.length === 0) {
    return invalidRequest(
      faults.map(({ index }) => ({ field: `events[${index}].event_id`, description: 'must come once' })),
    );
  }
  return refusal(ErrorReasonSchema, ErrorReason.TIME_OUT_OF_RANGE, 'An event is more than a day from now.', {
    fields: untimely.map(({ index }) => ({
      field: `events[${index}].event_time`,
      description: 'must be at most a day from now',
    })),
  });
}
