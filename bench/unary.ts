import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { loadavg } from 'node:os';
import { join } from 'node:path';
import { CartService } from '#gen/shopverse/cart/v1/cart_service_pb.ts';
import { ProductService } from '#gen/shopverse/product/v1/product_service_pb.ts';
import { readProcessConfig } from '#platform/config/process-config.ts';
import { createRuntime } from '#platform/runtime.ts';
import { outsideClient } from '#platform/testing/outside-client.ts';
import { openStack } from '../local/stack.ts';
import { recall } from '../local/supervisor/child.ts';
import { clientAs } from './as-person.ts';
import { conditions, openLoop, round } from './open-loop.ts';
import { partsCpu } from './parts-cpu.ts';

// A call from one service to another over the mesh, with everything on: mutual TLS, authorisation, validation, metrics,
// traces, a read of the callee's database. It prices a cart of ten products as the order service does, whose environment
// it borrows. Open loop. One JSON line, with the callee's CPU a call.
const rate = Number(process.env.RATE ?? 500);
const seconds = Number(process.env.SECONDS ?? 15);

const load = loadavg()[0];
const stack = openStack({});
const carts = await clientAs(stack, 'customer', CartService);
const search = outsideClient(ProductService, stack.ports.edge);
for (const { variants } of (
  await search.searchProducts({ query: 'milk', pageSize: 10, minimumPriceMinorUnits: 1n })
).products) {
  await carts.addItem({ requestId: randomUUID(), sku: variants[0]?.sku ?? '', quantity: 1 });
}
const { cart } = await carts.getCart({});
for (const client of [carts, search]) client.close();
const order = recall(join(stack.state, 'run/order-1.json'));
const environment = Object.fromEntries(
  readFileSync(`/proc/${order?.pid}/environ`, 'utf8')
    .split('\0')
    .map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
);
const { SHOPVERSE_FAILPOINTS_FILE: _, ...borrowed } = environment;
Object.assign(process.env, borrowed, { SHOPVERSE_INSTANCE: 'bench' });
const runtime = await createRuntime(readProcessConfig({ ...borrowed, SHOPVERSE_INSTANCE: 'bench' }));
try {
  const quotes = runtime.client(CartService, 'cart');
  const calleeCpu = () => partsCpu(stack).get('cart-1') ?? 0;
  const cpu = calleeCpu();
  const measured = await openLoop({ rate, seconds }, () =>
    quotes.quoteCart({ cartId: cart?.cartId ?? '', userId: cart?.userId ?? '' }),
  );
  const calls = (measured.calls * (seconds + 3)) / seconds;
  console.log(
    JSON.stringify({
      bench: 'unary',
      ...{ rate, seconds, ...measured },
      calleeCpuUsPerCall: round(((calleeCpu() - cpu) * 1_000) / calls),
      ...conditions(load),
    }),
  );
} finally {
  await runtime.kernel.close();
}
// The library's one xDS client keeps its stream to istiod, and with it the process.
process.exit();
