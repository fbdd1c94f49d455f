import type { Kysely } from 'kysely';
import { ProductEventSchema } from '#gen/shopverse/product/v1/product_events_pb.ts';
import type { Database, Tx } from '#platform/db/database.ts';
import { domainEvent } from '#platform/events/domain-event.ts';
import type { Clock, Ids } from '#platform/runtime.ts';
import { createCategories } from '../adapters/categories.ts';
import { createImports } from '../adapters/imports.ts';
import { createProducts } from '../adapters/products.ts';
import type { ProductTables } from '../adapters/tables.ts';
import { toCategory, toProduct } from '../messages.ts';
import type { Category, StoredProduct } from '../ports.ts';

/** What the use cases need. `currency` is the shop's, which all prices are in. */
export type ProductDeps = {
  readonly database: Database<ProductTables>;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly currency: string;
};

/** The stores over a pool or a transaction. */
export function storesOf(db: Kysely<ProductTables>, { clock, ids }: ProductDeps) {
  return {
    products: createProducts(db, clock),
    categories: createCategories(db, ids),
    imports: createImports(db, clock),
  };
}

/** The stores over one transaction, and the facts that come of it. */
export function within(tx: Tx<ProductTables>, deps: ProductDeps) {
  const fact = (id: string, sequence: bigint, event: Parameters<typeof eventOf>[2]) =>
    tx.append(eventOf(id, sequence, event));
  return {
    ...storesOf(tx.db, deps),
    changed: (product: StoredProduct) =>
      fact(product.productId, product.version, {
        case: 'changed',
        value: { product: toProduct(product, deps.currency) },
      }),
    archived: (product: StoredProduct) =>
      fact(product.productId, product.version, {
        case: 'archived',
        value: { productId: product.productId, skus: product.variants.map(({ sku }) => sku) },
      }),
    priceChanged: (product: StoredProduct, sku: string, oldPrice: bigint | undefined, newPrice: bigint) =>
      fact(product.productId, product.version, {
        case: 'priceChanged',
        value: {
          productId: product.productId,
          sku,
          newPrice: { currencyCode: deps.currency, minorUnits: newPrice },
          ...(oldPrice !== undefined && { oldPrice: { currencyCode: deps.currency, minorUnits: oldPrice } }),
        },
      }),
    categoryCreated: (category: Category) =>
      fact(category.categoryId, 1n, { case: 'categoryCreated', value: { category: toCategory(category) } }),
  };
}

type Event = NonNullable<Parameters<typeof domainEvent<typeof ProductEventSchema>>[2]['event']>;

function eventOf(id: string, sequence: bigint, event: Event) {
  return domainEvent(ProductEventSchema, { id, sequence }, { event });
}
