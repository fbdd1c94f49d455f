import { sql } from 'kysely';
import { runConsumer } from '#platform/consumer/run-consumer.ts';
import { deadLetterAdmin } from '#platform/deadletter/admin.ts';
import { deadLetterRetries } from '#platform/deadletter/retry-worker.ts';
import { idempotencyCleaner } from '#platform/idempotency/cleaner.ts';
import { relay } from '#platform/outbox/relay.ts';
import type { RpcBinding } from '#platform/rpc/bind.ts';
import { identified } from '#platform/rpc/identity.ts';
import { observed } from '#platform/rpc/observed.ts';
import { createRpcServer } from '#platform/rpc/server.ts';
import type { Runtime } from '#platform/runtime.ts';
import { warmValidation } from '#platform/validation/validation.ts';
import { operatorRoutes } from './endpoints.ts';
import { startFrontServer } from './front-server.ts';
import { startHttpServer } from './http-server.ts';
import type { Service } from './service.ts';
import { supervise } from './supervise.ts';
import type { Worker } from './worker.ts';

/** A service that is being served. */
export type Serving = {
  readonly grpcPort: number;
  readonly httpPort: number;
  /** Where the edge hands over plain HTTP; undefined where the service has no front. */
  readonly frontPort: number | undefined;
  /** Lets what is under way end, within 20 s, and closes everything. */
  stop(): Promise<void>;
};

/** How long calls under way may go on once the process was told to stop. */
const callGraceMs = 15_000;

/**
 * Starts a service: first its endpoints, so that it can be asked how far it is, then what it consumes and runs.
 * Resolves when it is ready for calls.
 */
export async function serve(runtime: Runtime, service: Service): Promise<Serving> {
  const { log, ids, kernel } = runtime;
  const { config } = kernel;
  const bindings = bindingsOf(service);
  const rpc = createRpcServer({
    bindings,
    interceptors: [observed(kernel.metrics), identified(kernel.users)],
    credentials: kernel.certificate.server,
    log,
    ids,
  });
  kernel.endedSessions.onEnded(() => rpc.endSessions(kernel.endedSessions.has));
  let ready = false;
  const http = await startHttpServer({
    host: config.LISTEN_HOST,
    port: config.HTTP_PORT,
    routes: service.routes ?? {},
    quiet: operatorRoutes({
      metrics: kernel.metrics,
      unready: async () => (ready ? await databaseTrouble(service) : 'starting or stopping'),
    }),
    log,
    ids,
  });
  const grpcPort = await rpc.listen(config.LISTEN_HOST, config.GRPC_PORT);
  const front =
    service.front &&
    (await startFrontServer({
      host: config.LISTEN_HOST,
      port: config.FRONT_PORT,
      certificate: kernel.certificate,
      listener: service.front,
    }));
  warmValidation(bindings.flatMap((binding) => binding.service.methods.map((method) => method.input)));
  await service.warm?.();
  const stopping = new AbortController();
  const running = workersOf(runtime, service).map((worker) => supervise(worker, stopping.signal, log));
  const consumers = (service.consumers ?? []).map((one) => runConsumer(one, runtime));
  rpc.health.set(true);
  ready = true;

  return {
    grpcPort,
    httpPort: http.port,
    frontPort: front?.port,
    stop: async () => {
      ready = false;
      rpc.health.set(false);
      stopping.abort();
      await Promise.all([
        rpc.stop(callGraceMs),
        ...running,
        ...consumers.map((consumer) => consumer.close()),
      ]);
      await service.close?.();
      await service.database?.close();
      await front?.stop();
      await http.stop();
      await kernel.close();
    },
  };
}

function workersOf({ kafka, log }: Runtime, service: Service): readonly Worker[] {
  const { database, consumers = [], workers = [] } = service;
  return [
    ...(database === undefined ? [] : [relay(database, kafka, log), idempotencyCleaner(database)]),
    ...consumers.map((consumer) => deadLetterRetries(consumer, log)),
    ...workers,
  ];
}

function bindingsOf({ rpc, database, consumers = [] }: Service): readonly RpcBinding[] {
  return database === undefined ? rpc : [...rpc, deadLetterAdmin(database, consumers)];
}

/** Asks the database, for a second at the most. */
async function databaseTrouble({ database }: Service): Promise<string | undefined> {
  if (database === undefined) {
    return undefined;
  }
  const late = new Promise<never>((_, reject) => {
    setTimeout(() => reject(new Error('no answer')), 1000).unref();
  });
  try {
    await Promise.race([sql`select 1`.execute(database.db), late]);
    return undefined;
  } catch {
    return 'the database does not answer';
  }
}
