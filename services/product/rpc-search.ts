import { create, toBinary } from '@bufbuild/protobuf';
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import { type Product, ProductSchema } from '#gen/shopverse/product/v1/product_pb.ts';
import {
  type ProductService,
  type SearchProductsRequest,
  SearchProductsRequest_Sort,
  SearchProductsResponseSchema,
} from '#gen/shopverse/product/v1/product_service_pb.ts';
import type { Handlers } from '#platform/rpc/bind.ts';
import { pageTokenInvalid } from '#platform/rpc/paging.ts';
import { keepLatest } from './domain/latest.ts';
import type { SearchIndex } from './domain/search-index.ts';
import { toProduct } from './messages.ts';
import type { StoredProduct } from './ports.ts';
import { type Found, type Question, searchProducts } from './usecases/search-products.ts';

const KEPT_ANSWERS = 500;
const KEPT_PRODUCTS = 20_000;
const PRODUCTS = SearchProductsResponseSchema.field.products.number;

/** What searching needs. */
export type SearchRpcDeps = {
  readonly index: () => SearchIndex;
  readonly products: (ids: readonly string[]) => Promise<readonly StoredProduct[]>;
  readonly currency: string;
};

/** The method that searches. What was found, and products as they are sent, are kept until something of them changes. */
export function searchRpc(deps: SearchRpcDeps): Pick<Handlers<typeof ProductService>, 'searchProducts'> {
  const answers = keepLatest<string, Found | 'invalid-page-token'>(KEPT_ANSWERS);
  const shown = keepLatest<bigint, { sent?: Uint8Array }>(KEPT_PRODUCTS);
  let indexes = 0;
  let last: SearchIndex | undefined;

  const find = (request: SearchProductsRequest) => {
    const index = deps.index();
    indexes += index === last ? 0 : 1;
    last = index;
    const question = toQuestion(request);
    const key = JSON.stringify(question, (_, value) =>
      typeof value === 'bigint' ? value.toString() : value,
    );
    return answers(key, `${indexes} ${index.changes}`, () => searchProducts(index, question));
  };

  return {
    searchProducts: async (request) => {
      const found = find(request);
      if (found === 'invalid-page-token') {
        throw pageTokenInvalid();
      }
      const cells = found.hits.map(({ productId, version }) => ({
        productId,
        cell: shown(productId, version, () => ({})),
      }));
      const missing = cells.filter(({ cell }) => cell.sent === undefined);
      const stored = await deps.products(missing.map(({ productId }) => productId));
      const byId = new Map(stored.map((product) => [product.productId, product]));
      for (const { productId, cell } of missing) {
        const product = byId.get(productId);
        // One that has left the shelf since it was found isn't shown.
        if (product?.state === 'ACTIVE') {
          cell.sent = asSent(toProduct(product, deps.currency));
        }
      }
      const answer = create(SearchProductsResponseSchema, {
        nextPageToken: found.nextPageToken,
        totalCount: found.total,
        facets: request.skipFacets ? [] : toFacets(found),
        correctedQuery: found.correctedQuery,
      });
      answer.$unknown = cells.flatMap(({ cell: { sent } }) =>
        sent === undefined ? [] : { no: PRODUCTS, wireType: WireType.LengthDelimited, data: sent },
      );
      return answer;
    },
  };
}

/**
 * A product as an element of a repeated field, which is its elements' bytes one after the other: encoded once, it goes
 * into each answer as it is. To encode a page of them anew would be most of what a search costs.
 */
function asSent(product: Product): Uint8Array {
  return new BinaryWriter().bytes(toBinary(ProductSchema, product)).finish();
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

function toFacets({ facets }: Found) {
  return (['category', 'brand', 'price'] as const).map((name) => ({
    name,
    values: facets
      .filter(({ facet }) => facet === name)
      .map(({ value, displayName, count }) => ({ value, displayName, count })),
  }));
}
