import { OrderEventSchema } from '#gen/shopverse/order/v1/order_events_pb.ts';
import { ProductEventSchema } from '#gen/shopverse/product/v1/product_events_pb.ts';
import type { Product } from '#gen/shopverse/product/v1/product_pb.ts';
import { Product_State } from '#gen/shopverse/product/v1/product_pb.ts';
import { type Consumer, consumer, type Message, subscribe } from '#platform/consumer/consumer.ts';
import type { Database } from '#platform/db/database.ts';
import type { CartTables } from './adapters/tables.ts';
import { createWriter, type WriterDeps } from './adapters/writer.ts';
import { beginCheckout, completeCheckout, undoCheckout } from './usecases/checkout.ts';

/** What the cart listens to: orders that hold, redeem and give back coupons, and the catalogue that it prices by. */
export function createConsumers(database: Database<CartTables>, deps: WriterDeps): readonly Consumer[] {
  const writerOf = ({ tx }: Message<CartTables>) => createWriter(tx, deps);
  return [
    consumer<CartTables>({
      name: 'shopverse.cart.checkout',
      database,
      on: [
        subscribe(OrderEventSchema, {
          placed: (order, message) => beginCheckout(writerOf(message), deps.clock, order, order),
          confirmed: (order, message) => completeCheckout(writerOf(message), order),
          cancellationStarted: (order, message) => undoCheckout(writerOf(message), order),
        }),
      ],
    }),
    consumer<CartTables>({
      name: 'shopverse.cart.catalogue',
      database,
      on: [
        subscribe(ProductEventSchema, {
          changed: async ({ product }, message) => {
            if (product !== undefined) {
              await writerOf(message).replaceVariants(variantsOf(product));
            }
          },
          priceChanged: ({ sku, newPrice }, message) =>
            writerOf(message).setPrice(sku, newPrice?.minorUnits ?? 0n),
          archived: ({ productId }, message) => writerOf(message).withdraw(productId),
        }),
      ],
    }),
  ];
}

function variantsOf(product: Product) {
  return {
    productId: product.productId,
    title: product.title,
    categoryPath: product.categoryPath,
    available: product.state === Product_State.ACTIVE,
    prices: new Map(product.variants.map(({ sku, price }) => [sku, price?.minorUnits])),
  };
}
