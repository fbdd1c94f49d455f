import { randomUUID } from 'node:crypto';
import { loadavg } from 'node:os';
import { Fulfilment_Method } from '#gen/shopverse/order/v1/order_pb.ts';
import { OrderService } from '#gen/shopverse/order/v1/order_service_pb.ts';
import { readBaskets, readProducts, YEAR } from '../local/grocer/year.ts';
import { placeOf } from '../local/install/artefact.ts';
import { openStack } from '../local/stack.ts';
import { clientAs } from './as-person.ts';
import { conditions, openLoop } from './open-loop.ts';

// How fast orders are placed through Envoy: real baskets, a card that is good, answered after one durable write while
// the sagas of those before are under way. gRPC, open loop. One JSON line.
const rate = Number(process.env.RATE ?? 100);
const seconds = Number(process.env.SECONDS ?? 6);
const warmUpSeconds = 2;

const load = loadavg()[0];
const stack = openStack({});
const year = placeOf(stack.cache, YEAR);
const titles = new Map((await readProducts(year)).map(({ sku, path }) => [sku, path]));
const requests: Parameters<typeof orders.placeOrder>[0][] = [];
const money = (minorUnits: number) => ({ currencyCode: 'USD', minorUnits: BigInt(minorUnits) });
const orders = await clientAs(stack, 'till', OrderService);
try {
  for await (const { lines } of readBaskets(year, 50_000)) {
    if (requests.length >= rate * (seconds + warmUpSeconds)) break;
    requests.push({
      requestId: randomUUID(),
      source: {
        case: 'quotedBasket',
        value: {
          userId: randomUUID(),
          lines: lines.map(({ sku, quantity, unitPrice, discount }) => ({
            ...{ sku, title: sku, categoryPath: [...(titles.get(sku) ?? [])], quantity },
            unitPrice: money(unitPrice),
            discount: money(discount),
          })),
        },
      },
      paymentMethodToken: 'pm_card_visa',
      fulfilment: { method: Fulfilment_Method.COUNTER },
    });
  }
  const measured = await openLoop({ rate, seconds, warmUpSeconds }, (number) =>
    orders.placeOrder(requests[number] ?? {}),
  );
  console.log(JSON.stringify({ bench: 'place', rate, seconds, ...measured, ...conditions(load) }));
} finally {
  orders.close();
}
