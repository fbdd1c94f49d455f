import type { Kysely } from 'kysely';
import {
  ErrorReason as CommonErrorReason,
  ErrorReasonSchema as CommonErrorReasonSchema,
} from '#gen/shopverse/common/v1/error_reason_pb.ts';
import { ErrorReason, ErrorReasonSchema } from '#gen/shopverse/product/v1/product_pb.ts';
import {
  CreateCategoryResponseSchema,
  CreateProductResponseSchema,
  ProductService,
  type SearchProductsRequest,
  SearchProductsRequest_Sort,
  UpdateProductResponseSchema,
} from '#gen/shopverse/product/v1/product_service_pb.ts';
import { invalidRequest, refusal } from '#platform/errors/refusal.ts';
import { idempotent } from '#platform/idempotency/idempotent.ts';
import { bind, type Call, type RpcBinding } from '#platform/rpc/bind.ts';
import type { ProductTables } from './adapters/tables.ts';
import { uniqueViolation } from './adapters/unique-violation.ts';
import { bandName, PRICE_BANDS } from './domain/query.ts';
import { fromProduct, toCategory, toImport, toProduct } from './messages.ts';
import type { Import, StoredProduct } from './ports.ts';
import { type ProductDeps, storesOf, within } from './usecases/deps.ts';
import {
  archiveProduct,
  createProduct,
  setPrice,
  UPDATABLE,
  type UpdatableField,
  updateProduct,
} from './usecases/edit-product.ts';
import { finishImport, importBatch, watchImport } from './usecases/import-products.ts';
import { type Found, type Question, searchProducts } from './usecases/search-products.ts';

/** The product service's methods. */
export function createRpc(deps: ProductDeps): RpcBinding {
  const { database, currency } = deps;
  const db = database.db as unknown as Kysely<ProductTables>;
  const { products, categories } = storesOf(db, deps);
  const visible = (product: StoredProduct | undefined, { caller }: Call) =>
    product !== undefined && (product.state !== 'DRAFT' || caller.roles.some((role) => STAFF.has(role)));
  const show = (product: StoredProduct | undefined, refused: keyof typeof MESSAGES) => {
    if (product === undefined) {
      throw refuse(refused);
    }
    return { product: toProduct(product, currency) };
  };

  return bind(ProductService, {
    getProduct: async ({ productId }, call) => {
      const [product] = await products.findAll([productId]);
      return show(visible(product, call) ? product : undefined, 'PRODUCT_NOT_FOUND');
    },

    batchGetProducts: async ({ productIds }, call) => {
      const found = await products.findAll([...new Set(productIds)]);
      return {
        products: found
          .filter((product) => visible(product, call))
          .map((product) => toProduct(product, currency)),
      };
    },

    searchProducts: async (request) => {
      const found = await searchProducts(db, toQuestion(request));
      if (found === 'invalid-page-token') {
        throw pageTokenInvalid();
      }
      const shown = await products.findAll(found.hits.map((hit) => hit.productId));
      return {
        products: shown.map((product) => toProduct(product, currency)),
        nextPageToken: found.nextPageToken,
        totalCount: found.total,
        facets: request.skipFacets ? [] : await toFacets(found, (id) => categories.find(id)),
        correctedQuery: found.correctedQuery,
      };
    },

    listCategories: async ({ parentId, pageSize, pageToken }) => {
      const size = pageSize === 0 ? 100 : pageSize;
      const after = pageToken === '' ? undefined : Buffer.from(pageToken, 'base64url').toString('utf8');
      const found = await categories.list(parentId, size + 1, after);
      const page = found.slice(0, size);
      const last = page.at(-1)?.path.at(-1) ?? '';
      return {
        categories: page.map(toCategory),
        nextPageToken: found.length > size ? Buffer.from(last).toString('base64url') : '',
      };
    },

    createCategory: (request, call) =>
      idempotent(database, call, request, CreateCategoryResponseSchema, async (tx) => {
        const work = within(tx, deps);
        const parent = request.parentId === '' ? undefined : await work.categories.find(request.parentId);
        if (request.parentId !== '' && parent === undefined) {
          throw refuse('CATEGORY_NOT_FOUND');
        }
        const category = await work.categories.create(parent, request.displayName);
        if (category === undefined) {
          throw refuse('CATEGORY_EXISTS');
        }
        work.categoryCreated(category);
        return { category: toCategory(category) };
      }),

    createProduct: (request, call) =>
      skuTaken(
        idempotent(database, call, request, CreateProductResponseSchema, async (tx) => {
          const message = given(request.product);
          const content = fromProduct(message, currency);
          const created = await createProduct(tx, deps, content, message.categoryId);
          return show(created === 'no-category' ? undefined : created, 'CATEGORY_NOT_FOUND');
        }),
      ),

    updateProduct: (request, call) =>
      skuTaken(
        idempotent(database, call, request, UpdateProductResponseSchema, async (tx) => {
          const message = given(request.product);
          const outcome = await updateProduct(tx, deps, {
            content: fromProduct(message, currency),
            categoryId: message.categoryId,
            etag: message.etag,
            fields: maskOf(request.updateMask?.paths ?? []),
          });
          if (outcome === 'stale') {
            const text = 'The product has changed since; read it again.';
            throw refusal(CommonErrorReasonSchema, CommonErrorReason.ETAG_MISMATCH, text);
          }
          const product = typeof outcome === 'string' ? undefined : outcome;
          return show(product, outcome === 'no-category' ? 'CATEGORY_NOT_FOUND' : 'PRODUCT_NOT_FOUND');
        }),
      ),

    setPrice: async ({ sku, price }) => {
      if (price?.currencyCode !== currency) {
        throw refuse('CURRENCY_UNSUPPORTED');
      }
      return show(await setPrice(deps, sku, price.minorUnits), 'SKU_NOT_FOUND');
    },

    archiveProduct: async ({ productId }) => show(await archiveProduct(deps, productId), 'PRODUCT_NOT_FOUND'),

    startImport: async ({ importId, source, expectedCount }) =>
      database.transaction(async (tx) => {
        const { imports } = within(tx, deps);
        await imports.open(importId, source, expectedCount);
        return { import: toImport(known(await imports.find(importId))) };
      }),

    importProducts: ({ importId, batchNumber, products: imported }) =>
      skuTaken(
        (async () => {
          const outcome = await importBatch(
            deps,
            importId,
            batchNumber,
            imported.map(({ product, categoryPath }) => ({
              content: fromProduct(given(product), currency),
              categoryPath,
            })),
          );
          if (outcome === 'finished') {
            throw refuse('IMPORT_FINISHED');
          }
          return { import: toImport(known(outcome === 'unknown' ? undefined : outcome)) };
        })(),
      ),

    finishImport: async ({ importId }) => ({ import: toImport(known(await finishImport(deps, importId))) }),

    watchImport: async function* ({ importId }, call) {
      known(await storesOf(db, deps).imports.find(importId));
      for await (const stands of watchImport(deps, importId, call.signal)) {
        yield { import: toImport(stands) };
      }
    },
  });
}

const STAFF = new Set(['catalogue', 'admin']);

const MESSAGES = {
  PRODUCT_NOT_FOUND: 'There is no such product.',
  CATEGORY_NOT_FOUND: 'There is no such category.',
  SKU_TAKEN: 'Another product has one of the SKUs.',
  CATEGORY_EXISTS: 'There is a category of that name already.',
  IMPORT_NOT_FOUND: 'There is no such import.',
  IMPORT_FINISHED: 'The import is finished; start another.',
  CURRENCY_UNSUPPORTED: "The price isn't in the shop's currency.",
  SKU_NOT_FOUND: 'There is no such variant.',
} as const;

function refuse(reason: keyof typeof MESSAGES): Error {
  return refusal(ErrorReasonSchema, ErrorReason[reason], MESSAGES[reason]);
}

function pageTokenInvalid(): Error {
  const text = 'The page token is not one of this query.';
  return refusal(CommonErrorReasonSchema, CommonErrorReason.PAGE_TOKEN_INVALID, text);
}

/** What the schema's rules have made sure of. */
function given<M>(message: M | undefined): M {
  if (message === undefined) {
    throw invalidRequest([{ field: 'product', description: 'is required' }]);
  }
  return message;
}

function known(stored: Import | undefined): Import {
  if (stored === undefined) {
    throw refuse('IMPORT_NOT_FOUND');
  }
  return stored;
}

async function skuTaken<R>(work: Promise<R>): Promise<R> {
  try {
    return await work;
  } catch (error) {
    throw uniqueViolation(error) === 'variant_pkey' ? refuse('SKU_TAKEN') : error;
  }
}

function maskOf(paths: readonly string[]): UpdatableField[] {
  const known = new Set<string>(UPDATABLE);
  const wrong = paths.filter((path) => !known.has(path));
  if (wrong.length > 0 || paths.length === 0) {
    const description = `names some of ${UPDATABLE.join(', ')}, and nothing else`;
    throw invalidRequest([{ field: 'update_mask', description }]);
  }
  return [...new Set(paths)] as UpdatableField[];
}

const SORTS = {
  [SearchProductsRequest_Sort.UNSPECIFIED]: 'match',
  [SearchProductsRequest_Sort.PRICE_ASCENDING]: 'price-ascending',
  [SearchProductsRequest_Sort.PRICE_DESCENDING]: 'price-descending',
  [SearchProductsRequest_Sort.NEWEST]: 'newest',
} as const;

function toQuestion(request: SearchProductsRequest): Question {
  return {
    query: request.query,
    categoryId: request.categoryId,
    brands: request.brands,
    minimumPrice: request.minimumPriceMinorUnits,
    maximumPrice: request.maximumPriceMinorUnits,
    sort: SORTS[request.sort as keyof typeof SORTS] ?? 'match',
    pageSize: request.pageSize === 0 ? 24 : request.pageSize,
    pageToken: request.pageToken,
    withFacets: !request.skipFacets,
  };
}

async function toFacets(
  { facets }: Found,
  category: (id: string) => Promise<{ path: readonly string[] } | undefined>,
) {
  const valuesOf = (name: string) => facets.filter(({ facet }) => facet === name);
  const named = async (value: string) => (await category(value))?.path.join(' > ') ?? value;
  const bands = valuesOf('price').flatMap(({ value, count }) => {
    // Postgres numbers the bands from 1.
    const lower = PRICE_BANDS[Number(value) - 1];
    return lower === undefined ? [] : { value: bandName(lower), displayName: bandName(lower), count };
  });
  return [
    {
      name: 'category',
      values: await Promise.all(
        valuesOf('category').map(async ({ value, count }) => ({
          value,
          count,
          displayName: await named(value),
        })),
      ),
    },
    {
      name: 'brand',
      values: valuesOf('brand').map(({ value, count }) => ({ value, count, displayName: value })),
    },
    { name: 'price', values: bands },
  ];
}
