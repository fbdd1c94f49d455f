import { CartService } from '#gen/shopverse/cart/v1/cart_service_pb.ts';
import { InventoryService } from '#gen/shopverse/inventory/v1/inventory_service_pb.ts';
import { OrderService } from '#gen/shopverse/order/v1/order_service_pb.ts';
import { PaymentService } from '#gen/shopverse/payment/v1/payment_service_pb.ts';
import { ProductService } from '#gen/shopverse/product/v1/product_service_pb.ts';
import { UserService } from '#gen/shopverse/user/v1/user_service_pb.ts';
import { createRuntime } from '#platform/runtime.ts';
import { runService } from '#platform/service/run-service.ts';
import { loadContracts } from '../../proto/contracts.ts';
import { createGroupWriter } from './adapters/group-writer.ts';
import { createKafkaBehaviourLog } from './adapters/kafka-behaviour-log.ts';
import { readGatewayConfig } from './config.ts';
import { connectEdge } from './connect/connect-edge.ts';
import { docsRoutes } from './docs-page.ts';
import { createRpc } from './rpc.ts';
import { storefrontRpc } from './storefront/pages.ts';
import { webSessionRpc } from './web-session-rpc.ts';

const config = readGatewayConfig();
const runtime = await createRuntime();
const stopping = new AbortController();
const writer = createGroupWriter(() => runtime.kafka.producer(), {
  maxInFlight: config.BEHAVIOUR_MAX_IN_FLIGHT,
  maxRecords: 2_000,
  // Below the broker's megabyte a record batch, since one visit's events all go to one partition.
  maxBytes: 768 * 1024,
});
const log = createKafkaBehaviourLog({ writer, source: runtime, log: runtime.log, random: Math.random });

await runService(runtime, {
  rpc: [
    createRpc({ log, clock: runtime.clock }),
    webSessionRpc({
      users: runtime.client(UserService, 'user'),
      clock: runtime.clock,
      origins: config.WEB_ORIGINS.split(','),
    }),
    storefrontRpc({
      products: runtime.client(ProductService, 'product'),
      inventory: runtime.client(InventoryService, 'inventory'),
      carts: runtime.client(CartService, 'cart'),
      orders: runtime.client(OrderService, 'order'),
      payments: runtime.client(PaymentService, 'payment'),
    }),
  ],
  routes: docsRoutes,
  front: connectEdge(await loadContracts(), runtime, stopping.signal),
  close: () => {
    stopping.abort();
    return writer.close();
  },
});
