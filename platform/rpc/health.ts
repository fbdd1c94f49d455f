import { status } from '@grpc/grpc-js';
import { Health, HealthCheckResponse_ServingStatus as Serving } from '#gen/grpc/health/v1/health_pb.ts';
import { RpcError } from '#platform/errors/rpc-error.ts';
import { bind, type RpcBinding } from './bind.ts';

/** What grpc.health.v1 answers for this server, of itself ("") and of each of its services. */
export type HealthState = {
  readonly binding: RpcBinding;
  /** Tells whoever asks from now on, and whoever watches. It starts as not serving. */
  set(serving: boolean): void;
};

/** The health of a server of the services with these full names. */
export function createHealth(services: readonly string[]): HealthState {
  const known = new Set(['', ...services]);
  let current: Serving = Serving.NOT_SERVING;
  let changed = Promise.withResolvers<void>();

  const binding = bind(Health, {
    check: async (request) => {
      if (!known.has(request.service)) {
        throw new RpcError({
          code: status.NOT_FOUND,
          reason: '',
          domain: '',
          message: 'No such service here.',
        });
      }
      return { status: current };
    },
    list: async () => ({
      statuses: Object.fromEntries([...known].map((service) => [service, { status: current }])),
    }),
    watch: async function* (request, call) {
      while (!call.signal.aborted) {
        const next = changed.promise;
        yield { status: known.has(request.service) ? current : Serving.SERVICE_UNKNOWN };
        await next;
      }
    },
  });

  return {
    binding,
    set: (serving) => {
      current = serving ? Serving.SERVING : Serving.NOT_SERVING;
      const done = changed;
      changed = Promise.withResolvers();
      done.resolve();
    },
  };
}
