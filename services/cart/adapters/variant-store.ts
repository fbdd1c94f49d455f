import { type Kysely, sql } from 'kysely';
import type { CartWriter } from '../ports.ts';
import type { CartTables } from './tables.ts';

/** The catalogue's variants as the cart last heard of them, within one transaction. */
export function createVariantStore(
  db: Kysely<CartTables>,
): Pick<CartWriter, 'replaceVariants' | 'setPrice' | 'withdraw'> {
  return {
    async replaceVariants({ productId, title, categoryPath, available, prices }) {
      const skus = [...prices.keys()];
      const unitPrices = [...prices.values()].map((price) => price?.toString() ?? null);
      await sql`
        WITH withdrawn AS (
          UPDATE variant SET on_sale = false
          WHERE product_id = ${productId} AND on_sale AND NOT sku = ANY (${skus}::text[])
        )
        INSERT INTO variant (sku, product_id, title, category_path, unit_price, on_sale)
        SELECT sku, ${productId}, ${title}, ${[...categoryPath]}::text[], unit_price, ${available}
        FROM unnest(${skus}::text[], ${unitPrices}::bigint[]) AS given (sku, unit_price)
        ON CONFLICT (sku) DO UPDATE SET
          product_id = excluded.product_id, title = excluded.title, category_path = excluded.category_path,
          unit_price = excluded.unit_price, on_sale = excluded.on_sale`.execute(db);
    },

    async setPrice(sku, unitPrice) {
      await db.updateTable('variant').set({ unit_price: unitPrice }).where('sku', '=', sku).execute();
    },

    async withdraw(productId) {
      await db.updateTable('variant').set({ on_sale: false }).where('product_id', '=', productId).execute();
    },
  };
}
