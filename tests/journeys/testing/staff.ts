import { randomBytes, randomUUID } from 'node:crypto';
import { type Client, Code, ConnectError } from '@connectrpc/connect';
import { CartService } from '#gen/shopverse/cart/v1/cart_service_pb.ts';
import { InventoryService } from '#gen/shopverse/inventory/v1/inventory_service_pb.ts';
import { OrderService } from '#gen/shopverse/order/v1/order_service_pb.ts';
import { PaymentService } from '#gen/shopverse/payment/v1/payment_service_pb.ts';
import { ProductService } from '#gen/shopverse/product/v1/product_service_pb.ts';
import { ensurePeople, signInAs } from '../../../local/shop/accounts.ts';
import type { Session } from '../../../local/shop/session.ts';
import { stack } from './transports.ts';

const LOCATION = 'journeys';
const CATEGORY = 'JOURNEYS';

/** The shop's staff at the edge, each by their own right. */
export type Staff = Awaited<ReturnType<typeof openShop>>;

/** Signs the staff in, and makes what journeys need of a shop: a category and a place for stock. */
export async function openShop() {
  const catalogue = await signInOrRegister('catalogue');
  const [warehouse, support, till] = await Promise.all([
    signInAs(stack, 'warehouse'),
    signInAs(stack, 'support'),
    signInAs(stack, 'till'),
  ]);
  const products = catalogue.client(ProductService);
  const stock = warehouse.client(InventoryService);
  await stock.createLocation({
    location: { locationId: LOCATION, displayName: 'Stock of journeys', priority: 900 },
  });
  const categoryId = await ensureCategory(products);
  const coupons = catalogue.client(CartService);

  return {
    products,
    categoryId,
    coupons,
    stock,
    shipping: warehouse.client(OrderService),
    orders: support.client(OrderService),
    payments: support.client(PaymentService),
    reservations: support.client(InventoryService),
    till: till.client(OrderService),

    /** A product of its own at this price in cents, so many in stock. Resolves to its SKU. */
    async newProduct(of: { readonly price: bigint; readonly onHand: number }): Promise<string> {
      const sku = `J-${randomBytes(6).toString('hex')}`;
      await products.createProduct({
        requestId: randomUUID(),
        product: {
          title: `Journey's thing ${sku}`,
          categoryId,
          variants: [{ sku, title: '', price: { currencyCode: 'USD', minorUnits: of.price } }],
        },
      });
      if (of.onHand > 0) {
        const lines = [{ sku, quantity: BigInt(of.onHand) }];
        await stock.receiveStock({ requestId: randomUUID(), locationId: LOCATION, lines });
      }
      return sku;
    },

    /** A coupon that takes 10% off, for so many orders. Resolves to its code. */
    async newCoupon(redemptionLimit = 1): Promise<string> {
      const code = `J-${randomBytes(6).toString('hex').toUpperCase()}`;
      const benefit = { case: 'percentBasisPoints', value: 1000 } as const;
      await coupons.createCoupon({ requestId: randomUUID(), coupon: { code, benefit, redemptionLimit } });
      return code;
    },
  };
}

/** A stack that was never seeded has nobody but its administrator yet. */
async function signInOrRegister(person: 'catalogue'): Promise<Session> {
  try {
    return await signInAs(stack, person);
  } catch (error) {
    if (ConnectError.from(error).code !== Code.Unauthenticated) throw error;
    await ensurePeople(stack);
    return signInAs(stack, person);
  }
}

async function ensureCategory(products: Client<typeof ProductService>): Promise<string> {
  const find = async () => {
    const { categories } = await products.listCategories({ pageSize: 500 });
    return categories.find(({ displayName }) => displayName === CATEGORY)?.categoryId;
  };
  const known = await find();
  if (known !== undefined) return known;
  try {
    const made = await products.createCategory({ requestId: randomUUID(), displayName: CATEGORY });
    return made.category?.categoryId ?? '';
  } catch (error) {
    // Two files of journeys that start at once make it once.
    const made = ConnectError.from(error).code === Code.AlreadyExists ? await find() : undefined;
    if (made === undefined) throw error;
    return made;
  }
}
