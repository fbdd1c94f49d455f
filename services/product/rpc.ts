import { z } from 'zod';
import {
  CreateCategoryResponseSchema,
  CreateProductResponseSchema,
  ProductService,
  UpdateProductResponseSchema,
} from '#gen/shopverse/product/v1/product_service_pb.ts';
import { idempotent } from '#platform/idempotency/idempotent.ts';
import { bind, type Call, type RpcBinding } from '#platform/rpc/bind.ts';
import { paging } from '#platform/rpc/paging.ts';
import type { SearchIndex } from './domain/search-index.ts';
import { fromProduct, toCategory, toProduct } from './messages.ts';
import type { StoredProduct } from './ports.ts';
import { etagMismatch, given, maskOf, type Refused, refuse, skuTaken } from './refusals.ts';
import { importRpc } from './rpc-import.ts';
import { searchRpc } from './rpc-search.ts';
import { type ProductDeps, storesOf, within } from './usecases/deps.ts';
import { archiveProduct, createProduct, setPrice, updateProduct } from './usecases/edit-product.ts';

// Subcategories have names of their own, which hold no control characters.
const categoryPages = paging('categories', z.string().regex(/^\P{Cc}*$/u), 100);

/** The product service's methods. */
export function createRpc(deps: ProductDeps & { readonly index: () => SearchIndex }): RpcBinding {
  const { database, currency } = deps;
  const db = database.db;
  const { products, categories } = storesOf(db, deps);
  const visible = (product: StoredProduct | undefined, { caller }: Call) =>
    product !== undefined && (product.state !== 'DRAFT' || caller.roles.some((role) => STAFF.has(role)));
  const show = (product: StoredProduct | undefined, refused: Refused) => {
    if (product === undefined) {
      throw refuse(refused);
    }
    return { product: toProduct(product, currency) };
  };

  return bind(ProductService, {
    ...searchRpc({ index: deps.index, products: products.findAll, currency }),
    ...importRpc(deps),

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

    listCategories: async ({ parentId, pageSize, pageToken }) => {
      const size = categoryPages.size(pageSize);
      const found = await categories.list(parentId, size + 1, categoryPages.after(pageToken, parentId));
      const { rows, nextPageToken } = categoryPages.page(
        found,
        size,
        ({ path }) => path.at(-1) ?? '',
        parentId,
      );
      return { categories: rows.map(toCategory), nextPageToken };
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
      skuTaken(() =>
        idempotent(database, call, request, CreateProductResponseSchema, async (tx) => {
          const message = given(request.product);
          const content = fromProduct(message, currency);
          const created = await createProduct(tx, deps, content, message.categoryId);
          return show(created === 'no-category' ? undefined : created, 'CATEGORY_NOT_FOUND');
        }),
      ),

    updateProduct: (request, call) =>
      skuTaken(() =>
        idempotent(database, call, request, UpdateProductResponseSchema, async (tx) => {
          const message = given(request.product);
          const outcome = await updateProduct(tx, deps, {
            content: fromProduct(message, currency),
            categoryId: message.categoryId,
            etag: message.etag,
            fields: maskOf(request.updateMask?.paths ?? []),
          });
          if (outcome === 'stale') {
            throw etagMismatch();
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
  });
}

const STAFF = new Set(['catalogue', 'admin']);
