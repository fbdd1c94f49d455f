import type { Tx } from '#platform/db/database.ts';
import type { ProductTables } from '../adapters/tables.ts';
import type { Category, ProductContent, StoredProduct } from '../ports.ts';
import { type ProductDeps, within } from './deps.ts';

/** The fields that an update may name, as its mask has them. */
export const UPDATABLE = [
  'title',
  'description',
  'brand',
  'category_id',
  'attributes',
  'variants',
  'state',
] as const;

/** One of them. */
export type UpdatableField = (typeof UPDATABLE)[number];

/** A new product in a category. */
export async function createProduct(
  tx: Tx<ProductTables>,
  deps: ProductDeps,
  content: ProductContent,
  categoryId: string,
): Promise<StoredProduct | 'no-category'> {
  const work = within(tx, deps);
  const category = await work.categories.find(categoryId);
  if (category === undefined) {
    return 'no-category';
  }
  return (await store(work, { ...content, productId: deps.ids.uuid() }, category)).product;
}

/** Replaces the named fields of a product, if its etag is still the given one. */
export async function updateProduct(
  tx: Tx<ProductTables>,
  deps: ProductDeps,
  change: {
    readonly content: ProductContent;
    readonly categoryId: string;
    readonly etag: string;
    readonly fields: readonly UpdatableField[];
  },
): Promise<StoredProduct | 'unknown' | 'no-category' | 'stale'> {
  const work = within(tx, deps);
  const stored = await work.products.lock(change.content.productId);
  if (stored === undefined) {
    return 'unknown';
  }
  if (change.etag !== '' && change.etag !== String(stored.version)) {
    return 'stale';
  }
  const category = change.fields.includes('category_id')
    ? await work.categories.find(change.categoryId)
    : stored.category;
  if (category === undefined) {
    return 'no-category';
  }
  const named = change.fields.filter((field) => field !== 'category_id');
  const taken = Object.fromEntries(named.map((field) => [field, change.content[field]]));
  return (await store(work, { ...stored, ...taken }, category, stored)).product;
}

/** Sets a variant's price. The same price again changes nothing and states nothing. */
export function setPrice(
  deps: ProductDeps,
  sku: string,
  unitPrice: bigint,
): Promise<StoredProduct | undefined> {
  return deps.database.transaction(async (tx) => {
    const work = within(tx, deps);
    const stored = await work.products.lockBySku(sku);
    const before = stored?.variants.find((variant) => variant.sku === sku);
    if (stored === undefined || before?.unitPrice === unitPrice) {
      return stored;
    }
    const variants = stored.variants.map((variant) =>
      variant.sku === sku ? { ...variant, unitPrice } : variant,
    );
    const [saved] = await work.products.save([
      { content: { ...stored, variants }, category: stored.category },
    ]);
    if (saved !== undefined) {
      work.priceChanged(saved.product, sku, before?.unitPrice, unitPrice);
    }
    return saved?.product ?? stored;
  });
}

/** Takes a product off sale. Again changes nothing. */
export function archiveProduct(deps: ProductDeps, productId: string): Promise<StoredProduct | undefined> {
  return deps.database.transaction(async (tx) => {
    const work = within(tx, deps);
    const stored = await work.products.lock(productId);
    if (stored === undefined || stored.state === 'ARCHIVED') {
      return stored;
    }
    const [saved] = await work.products.save([
      { content: { ...stored, state: 'ARCHIVED' }, category: stored.category },
    ]);
    if (saved !== undefined) {
      work.archived(saved.product);
    }
    return saved?.product ?? stored;
  });
}

async function store(
  work: ReturnType<typeof within>,
  content: ProductContent,
  category: Category,
  before?: StoredProduct,
): Promise<{ product: StoredProduct }> {
  const [saved] = await work.products.save([{ content, category }]);
  if (saved !== undefined) {
    work.changed(saved.product);
    return saved;
  }
  if (before === undefined) {
    throw new Error(`the new product ${content.productId} was there before it was made`);
  }
  return { product: before };
}
