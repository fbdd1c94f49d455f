import type { Consumer } from '#platform/consumer/consumer.ts';
import type { Database } from '#platform/db/database.ts';
import type { RpcBinding } from '#platform/rpc/bind.ts';
import type { Runtime } from '#platform/runtime.ts';
import type { HttpHandler } from './http-handler.ts';
import { serve } from './serve.ts';
import type { Worker } from './worker.ts';

/** A service as data: what it serves, consumes and runs. */
export type Service = {
  readonly rpc: readonly RpcBinding[];
  /** Turns on the outbox relay, the dead-letter RPCs and readiness by the database. */
  // biome-ignore lint/suspicious/noExplicitAny: the kernel uses its own tables only.
  readonly database?: Database<any>;
  readonly consumers?: readonly Consumer[];
  readonly workers?: readonly Worker[];
  /** By method and path, such as `GET /.well-known/jwks.json`. */
  readonly routes?: Readonly<Record<string, HttpHandler>>;
  /** Awaited before the service is ready. */
  readonly warm?: () => Promise<void>;
  /** Awaited after the last call and message, before the database is closed. */
  readonly close?: () => Promise<void>;
};

/** After this long a stop is no longer waited for. */
const stopWithinMs = 24_000;

/**
 * Serves until SIGTERM or SIGINT, then stops gracefully and exits, within 25 s. Resolves when serving. A promise
 * that fails unseen is logged; an exception that nobody caught ends the process, as its state is unknown then.
 */
export async function runService(runtime: Runtime, service: Service): Promise<void> {
  const { log } = runtime;
  process.on('unhandledRejection', (error) => log.error({ err: error }, 'a promise failed unseen'));
  process.on('uncaughtException', (error) => {
    log.fatal({ err: error }, 'an exception nobody caught');
    process.exit(1);
  });
  const serving = await serve(runtime, service);
  let stopping = false;
  const stop = (signal: NodeJS.Signals) => {
    if (stopping) {
      return;
    }
    stopping = true;
    log.info({ signal }, 'stopping');
    setTimeout(() => {
      log.error('the stop took too long');
      process.exit(1);
    }, stopWithinMs).unref();
    serving.stop().then(
      () => process.exit(0),
      (error: unknown) => {
        log.error({ err: error }, 'the stop failed');
        process.exit(1);
      },
    );
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
  log.info({ grpc_port: serving.grpcPort, http_port: serving.httpPort }, 'serving');
}
