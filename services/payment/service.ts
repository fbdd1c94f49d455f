import type { Database, Tx } from '#platform/db/database.ts';
import { leased } from '#platform/lease/lease.ts';
import type { Runtime } from '#platform/runtime.ts';
import type { Service } from '#platform/service/run-service.ts';
import { observedProvider } from './adapters/observed-provider.ts';
import { openAttemptsGauge } from './adapters/open-attempts.ts';
import { inOrigin } from './adapters/origin.ts';
import { paymentsIn } from './adapters/payments-in.ts';
import { paymentStore } from './adapters/postgres.ts';
import { stripeProvider } from './adapters/stripe.ts';
import type { PaymentTables } from './adapters/tables.ts';
import type { PaymentConfig } from './config.ts';
import { orderConsumer } from './consumers.ts';
import { paymentRpc } from './rpc.ts';
import { createBell } from './usecases/bell.ts';
import { forgetWebhooks } from './usecases/forget-webhooks.ts';
import { receiveWebhook } from './usecases/receive-webhook.ts';
import { attemptWorker } from './usecases/work-attempts.ts';
import { createWorked } from './usecases/worked.ts';
import { webhookRoutes } from './webhooks.ts';

/** The payment service, put together. `provider` moves the money: by default the one that the settings name. */
export function paymentService(
  runtime: Pick<Runtime, 'log' | 'clock' | 'instance'>,
  database: Database<PaymentTables>,
  config: PaymentConfig,
  provider = observedProvider(stripeProvider({ ...config, name: config.provider }), config.url),
): Service {
  const { log, clock, instance } = runtime;
  const now = () => clock.now().getTime();
  // A job may need three calls: asking, using the key up, asking again.
  const claimMs = 3 * config.timeoutMs + 5_000;
  const store = paymentStore({ database, provider: provider.name, instance, claimMs });
  const within = (tx: Tx<PaymentTables>) => paymentsIn(tx, provider.name);

  const unsent = createBell();
  const worked = createWorked();
  const onWorked = ({ key }: { readonly key: string }, opened: number) => {
    worked.tell(key);
    if (opened > 0) {
      unsent.ring();
    }
  };
  const parts = { store, provider, now, log, inOrigin, onWorked };

  return {
    database,
    rpc: [
      paymentRpc({
        database,
        store,
        paymentsIn: within,
        ring: unsent.ring,
        worked: (key, signal) => worked.wait(key, 250, signal),
      }),
    ],
    consumers: [orderConsumer(ringing(database, unsent.ring), within)],
    workers: [
      attemptWorker(parts, { name: 'attempts', which: 'unsent', concurrency: 32, pollMs: 500, bell: unsent }),
      attemptWorker(parts, {
        name: 'reconciler',
        which: 'sent',
        concurrency: 16,
        pollMs: 250,
        bell: createBell(),
      }),
      openAttemptsGauge(database),
      leased(database, 'payment.forget-webhooks', ({ signal }) => forgetWebhooks(store, clock, signal)),
    ],
    routes: webhookRoutes(async (body, signature) => {
      const taken = await receiveWebhook({ store, provider, log }, body, signature);
      if (taken === 'taken') {
        unsent.ring();
      }
      return taken;
    }),
    warm: () => store.releaseClaims(),
  };
}

/** The database, ringing after each commit: whoever waits for what was stored need not poll for it. */
function ringing<T>(database: Database<T>, ring: () => void): Database<T> {
  return {
    ...database,
    async transaction(work, options) {
      const result = await database.transaction(work, options);
      ring();
      return result;
    },
  };
}
