import type { Runtime } from '#platform/runtime.ts';
import { serve } from './serve.ts';
import type { Service } from './service.ts';

export type { Service };

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
