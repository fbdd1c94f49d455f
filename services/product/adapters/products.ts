import { createHash } from 'node:crypto';
import { type Kysely, type Selectable, sql } from 'kysely';
import type { Clock } from '#platform/runtime.ts';
import type { Category, ProductContent, StoredProduct } from '../ports.ts';
import { toCategory } from './categories.ts';
import type { ProductTables } from './tables.ts';

const PRODUCT_COLUMNS = [
  'product.product_id',
  'product.title',
  'product.description',
  'product.brand',
  'product.category_id',
  'product.ancestor_ids',
  'product.attributes',
  'product.state',
  'product.version',
  'product.create_time',
  'product.update_time',
] as const;

type ProductRow = Omit<Selectable<ProductTables['product']>, 'price' | 'changed_by' | 'content_hash'>;
type VariantRow = Omit<Selectable<ProductTables['variant']>, 'position'>;

/** However many they are, the statement stays the same, so that it is prepared. */
const oneOf = (productIds: readonly string[]) => sql<boolean>`product_id = any(${productIds}::text[])`;

/** A product to be stored, with its place in the tree. */
export type Placed = { readonly content: ProductContent; readonly category: Category };

/** What became of a product that was to be stored. */
export type Saved = { readonly product: StoredProduct; readonly created: boolean };

/** Products with their variants, over a pool or a transaction. */
export function createProducts(db: Kysely<ProductTables>, clock: Clock) {
  const store = {
    /** The products with these ids, in the order of the ids; unknown ones are left out. */
    async findAll(productIds: readonly string[]): Promise<StoredProduct[]> {
      if (productIds.length === 0) {
        return [];
      }
      const [rows, variants] = await Promise.all([
        db
          .selectFrom('product')
          .innerJoin('category', 'category.category_id', 'product.category_id')
          .select(PRODUCT_COLUMNS)
          .select(['category.parent_id', 'category.display_name', 'category.path', 'category.product_count'])
          .where(oneOf(productIds))
          .execute(),
        db
          .selectFrom('variant')
          .select(['product_id', 'sku', 'title', 'unit_price', 'options'])
          .where(oneOf(productIds))
          .orderBy('position')
          .execute(),
      ]);
      const ofProduct = Map.groupBy(variants, (variant) => variant.product_id);
      const byId = new Map(
        rows.map((row) => [
          row.product_id,
          toProduct(row, toCategory(row), ofProduct.get(row.product_id) ?? []),
        ]),
      );
      return productIds.flatMap((id) => byId.get(id) ?? []);
    },

    /** The product that has a variant, locked until the end. */
    async lockBySku(sku: string): Promise<StoredProduct | undefined> {
      const row = await db
        .selectFrom('product')
        .select('product.product_id')
        .where('product_id', '=', (eb) =>
          eb.selectFrom('variant').select('product_id').where('sku', '=', sku),
        )
        .forUpdate()
        .executeTakeFirst();
      return row && (await store.findAll([row.product_id]))[0];
    },

    /** The product, locked until the end. */
    async lock(productId: string): Promise<StoredProduct | undefined> {
      await db
        .selectFrom('product')
        .select('product_id')
        .where('product_id', '=', productId)
        .forUpdate()
        .executeTakeFirst();
      return (await store.findAll([productId]))[0];
    },

    /**
     * Stores products whole: new ones are made, changed ones are replaced with a raised version, and those that are
     * there as they are stay untouched and are left out of the answer. Throws a unique violation when a SKU is another
     * product's.
     */
    async save(products: readonly Placed[]): Promise<Saved[]> {
      const now = clock.now();
      const rows = await db
        .insertInto('product')
        .values(products.map((placed) => toRow(placed, now)))
        .onConflict((conflict) =>
          conflict
            .column('product_id')
            .doUpdateSet(({ ref }) => ({
              title: ref('excluded.title'),
              description: ref('excluded.description'),
              brand: ref('excluded.brand'),
              category_id: ref('excluded.category_id'),
              ancestor_ids: ref('excluded.ancestor_ids'),
              attributes: ref('excluded.attributes'),
              state: ref('excluded.state'),
              price: ref('excluded.price'),
              changed_by: ref('excluded.changed_by'),
              content_hash: ref('excluded.content_hash'),
              version: sql`product.version + 1`,
              update_time: ref('excluded.update_time'),
            }))
            .whereRef('product.content_hash', '<>', 'excluded.content_hash'),
        )
        .returning(['product_id', 'version', 'create_time', 'update_time'])
        .execute();
      const changed = new Map(rows.map((row) => [row.product_id, row]));
      const stored = products.filter(({ content }) => changed.has(content.productId));
      await replaceVariants(db, stored);
      return stored.flatMap(({ content, category }) => {
        const row = changed.get(content.productId);
        return row === undefined
          ? []
          : {
              created: row.version === 1n,
              product: {
                ...content,
                category,
                version: row.version,
                createTime: row.create_time,
                updateTime: row.update_time,
              },
            };
      });
    },
  };
  return store;
}

async function replaceVariants(db: Kysely<ProductTables>, products: readonly Placed[]): Promise<void> {
  if (products.length === 0) {
    return;
  }
  const productIds = products.map(({ content }) => content.productId);
  await db.deleteFrom('variant').where('product_id', 'in', productIds).execute();
  const rows = products.flatMap(({ content }) =>
    content.variants.map((variant, position) => ({
      sku: variant.sku,
      product_id: content.productId,
      position,
      title: variant.title,
      unit_price: variant.unitPrice ?? null,
      options: JSON.stringify(variant.options),
    })),
  );
  if (rows.length > 0) {
    await db.insertInto('variant').values(rows).execute();
  }
}

function toRow({ content, category }: Placed, now: Date) {
  const { productId, title, description, brand, attributes, state, variants } = content;
  const prices = variants.flatMap(({ unitPrice }) => unitPrice ?? []);
  return {
    product_id: productId,
    title,
    description,
    brand,
    category_id: category.categoryId,
    ancestor_ids: [...category.ancestorIds],
    attributes: JSON.stringify(attributes),
    state,
    price: prices.toSorted((a, b) => (a < b ? -1 : 1))[0] ?? null,
    changed_by: sql<bigint>`pg_current_xact_id()`,
    content_hash: hashOf(content, category),
    version: 1n,
    create_time: now,
    update_time: now,
  };
}

/** Of what makes up the product, and of nothing else that whoever holds it may know. */
function hashOf(content: ProductContent, category: Category): Buffer {
  const { productId, title, description, brand, attributes, state, variants } = content;
  const sorted = (record: Readonly<Record<string, string>>) => Object.entries(record).sort();
  const plain = [
    [productId, title, description, brand, state, category.categoryId],
    sorted(attributes),
    variants.map(({ sku, title: named, unitPrice, options }) => [
      sku,
      named,
      unitPrice?.toString() ?? null,
      sorted(options),
    ]),
  ];
  return createHash('sha256').update(JSON.stringify(plain)).digest();
}

function toProduct(row: ProductRow, category: Category, variants: readonly VariantRow[]): StoredProduct {
  return {
    productId: row.product_id,
    title: row.title,
    description: row.description,
    brand: row.brand,
    attributes: row.attributes,
    state: row.state,
    category,
    variants: variants.map((variant) => ({
      sku: variant.sku,
      title: variant.title,
      unitPrice: variant.unit_price ?? undefined,
      options: variant.options,
    })),
    version: row.version,
    createTime: row.create_time,
    updateTime: row.update_time,
  };
}
