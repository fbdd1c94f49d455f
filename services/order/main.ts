import { CartService } from '#gen/shopverse/cart/v1/cart_service_pb.ts';
import { createRuntime } from '#platform/runtime.ts';
import { runService } from '#platform/service/run-service.ts';
import { cartQuotes } from './adapters/cart-quotes.ts';
import { checkoutMetrics, showUnsettled } from './adapters/checkout-metrics.ts';
import { orderChanges } from './adapters/order-changes.ts';
import { orderReader } from './adapters/order-views.ts';
import type { OrderTables } from './adapters/tables.ts';
import { readOrderConfig } from './config.ts';
import { checkoutConsumer } from './consumers.ts';
import { deadlineWorker } from './deadlines.ts';
import { migrations } from './migrations/all.ts';
import { orderRpc } from './rpc.ts';

const { waits, policy } = readOrderConfig();
const runtime = await createRuntime();
const { clock, ids, log } = runtime;
const database = await runtime.database<OrderTables>(migrations);
const ports = {
  surroundings: { now: () => clock.now(), uuid: () => ids.uuid(), waits },
  observer: checkoutMetrics,
};
const carts = cartQuotes(runtime.client(CartService, 'cart'));
const changes = orderChanges(database, orderReader(database.db), log);
showUnsettled(database.db);

await runService(runtime, {
  rpc: [orderRpc({ ...ports, database, carts, changes, policy })],
  database,
  consumers: [checkoutConsumer(database, ports)],
  workers: [deadlineWorker(database, ports, log)],
});
