import type { Kysely } from 'kysely';
import type { CartWriter } from '../ports.ts';
import type { CartTables } from './tables.ts';

/** The catalogue's variants as the cart last heard of them, within one transaction. */
export function createVariantStore(
  db: Kysely<CartTables>,
): Pick<CartWriter, 'saveVariants' | 'setPrice' | 'withdraw'> {
  return {
    async saveVariants(variants) {
      if (variants.length === 0) {
        return;
      }
      await db
        .insertInto('variant')
        .values(
          variants.map((variant) => ({
            sku: variant.sku,
            product_id: variant.productId,
            title: variant.title,
            category_path: [...variant.categoryPath],
            unit_price: variant.unitPrice ?? null,
            on_sale: variant.available,
          })),
        )
        .onConflict((conflict) =>
          conflict.column('sku').doUpdateSet(({ ref }) => ({
            product_id: ref('excluded.product_id'),
            title: ref('excluded.title'),
            category_path: ref('excluded.category_path'),
            unit_price: ref('excluded.unit_price'),
            on_sale: ref('excluded.on_sale'),
          })),
        )
        .execute();
    },

    async setPrice(sku, unitPrice) {
      await db.updateTable('variant').set({ unit_price: unitPrice }).where('sku', '=', sku).execute();
    },

    async withdraw(productId) {
      await db.updateTable('variant').set({ on_sale: false }).where('product_id', '=', productId).execute();
    },
  };
}
