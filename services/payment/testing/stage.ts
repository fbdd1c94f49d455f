import assert from 'node:assert/strict';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { sql } from 'kysely';
import { PaymentService } from '#gen/shopverse/payment/v1/payment_service_pb.ts';
import type { Client } from '#platform/client/client.ts';
import type { Consumer } from '#platform/consumer/consumer.ts';
import type { Service } from '#platform/service/run-service.ts';
import { type TestDatabase, testDatabase } from '#platform/testing/test-database.ts';
import { type TestMesh, type TestService, testMesh } from '#platform/testing/test-mesh.ts';
import { waitFor } from '#platform/testing/wait-for.ts';
import { readerOf } from '../adapters/reader.ts';
import type { PaymentTables } from '../adapters/tables.ts';
import type { PaymentConfig } from '../config.ts';
import type { State } from '../domain/payment.ts';
import { migrations } from '../migrations/all.ts';
import type { StoredPayment } from '../ports.ts';
import { paymentService } from '../service.ts';
import { deliverer } from './order-facts.ts';
import { type SimulatorProcess, startSimulatorProcess } from './simulator-process.ts';

/** The secret that webhooks are signed with here. */
export const webhookSecret = 'whsec_of_the_tests_only';

/** The payment service in this process, on a real Postgres, with the simulator as a process beside it. */
export type Stage = {
  readonly mesh: TestMesh;
  readonly database: TestDatabase<PaymentTables>;
  readonly simulator: SimulatorProcess;
  readonly config: PaymentConfig;
  /** Where webhooks go. */
  readonly webhookUrl: string;
  /** Gives the service facts of orders. */
  readonly tell: ReturnType<typeof deliverer>;
  payment(paymentId: string): Promise<StoredPayment>;
  /** Resolves to the payment once it is in this state. */
  reaches(paymentId: string, state: State, timeoutMs?: number): Promise<StoredPayment>;
  /** The published facts' names, such as `PaymentAuthorised`, in their order. */
  facts(paymentId: string): Promise<readonly string[]>;
  /** A client as a browser's, signed in as this user. Times out after `timeoutMs`. */
  client(
    user: { readonly id: string; readonly roles?: readonly string[] },
    timeoutMs?: number,
  ): Promise<Client<typeof PaymentService>>;
  /** Another replica of the service. */
  replica(): Promise<void>;
  close(): Promise<void>;
};

/** Sets one up. `serve: false`: nobody works on the payments until `replica` is called. */
export async function openStage(options: { readonly serve?: boolean } = {}): Promise<Stage> {
  const database = await testDatabase<PaymentTables>(migrations, { service: 'payment' });
  const mesh = await testMesh(['payment']);
  const httpPort = await freePort();
  const webhookUrl = `http://127.0.0.1:${httpPort}/webhooks/stripe`;
  const simulator = await startSimulatorProcess({ webhookUrl, secret: webhookSecret, lateMs: 6_000 });
  const config: PaymentConfig = {
    provider: 'simulator',
    url: simulator.url,
    apiKey: 'sk_test_stage',
    webhookSecret,
    timeoutMs: 2_000,
  };
  const clients: { close(): void }[] = [];
  const services: TestService[] = [];
  let tell: Stage['tell'] | undefined;

  async function start(HTTP_PORT: number): Promise<void> {
    const instance = `payment-${services.length + 1}`;
    const service = await mesh.start(
      'payment',
      async (runtime) => {
        const defined = paymentService(runtime, await runtime.database(migrations), config);
        tell ??= deliverer(consumerOf(defined));
        // Facts come by `tell`: the stack's own consumers must keep their partitions.
        return { ...defined, consumers: [] };
      },
      { HTTP_PORT, DATABASE_URL: database.url, SHOPVERSE_INSTANCE: instance },
    );
    services.push(service);
  }
  if (options.serve !== false) {
    await start(httpPort);
  }

  const runtime = await mesh.runtime('payment');
  const reader = readerOf(database.db);
  const payment = async (paymentId: string) => {
    const found = await reader.find(paymentId);
    assert.ok(found !== undefined, `there is no payment ${paymentId}`);
    return found;
  };

  return {
    mesh,
    database,
    simulator,
    config,
    webhookUrl,
    tell: tell ?? deliverer(consumerOf(paymentService(runtime, database, config))),
    payment,
    reaches: (paymentId, state, timeoutMs) =>
      waitFor(
        `payment ${paymentId} to be ${state}`,
        async () => {
          const found = await payment(paymentId);
          return found.state === state ? found : undefined;
        },
        timeoutMs,
      ),
    async facts(paymentId) {
      const { rows } = await sql<{ type: string }>`
        select type from outbox where aggregate_id = ${paymentId} order by aggregate_seq`.execute(
        database.db,
      );
      return rows.map(({ type }) => type.replace('shopverse.payment.v1.', ''));
    },
    async client({ id, roles = [] }, timeoutMs = 5_000) {
      const token = await mesh.token({ sub: id, roles });
      const [service] = services;
      assert.ok(service !== undefined);
      const client = mesh.outside(PaymentService, service.grpcPort, { token, timeoutMs });
      clients.push(client);
      return client;
    },
    replica: () => start(0),
    async close() {
      for (const client of clients) {
        client.close();
      }
      await simulator.stop();
      await mesh.close();
      await database.drop();
    },
  };
}

function consumerOf(service: Service): Consumer {
  const [consumer] = service.consumers ?? [];
  assert.ok(consumer !== undefined);
  return consumer;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
