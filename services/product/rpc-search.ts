import { create } from '@bufbuild/protobuf';
import type { Product } from '#gen/shopverse/product/v1/product_pb.ts';
import {
  type ProductService,
  type SearchProductsRequest,
  SearchProductsRequest_Sort,
  type SearchProductsResponse,
  SearchProductsResponseSchema,
} from '#gen/shopverse/product/v1/product_service_pb.ts';
import type { Handlers } from '#platform/rpc/bind.ts';
import { encodedOnce } from '#platform/rpc/codec.ts';
import { pageTokenInvalid } from '#platform/rpc/paging.ts';
import { keepLatest } from './domain/latest.ts';
import type { SearchIndex } from './domain/search-index.ts';
import { toProduct } from './messages.ts';
import type { StoredProduct } from './ports.ts';
import { type Found, type Question, searchProducts } from './usecases/search-products.ts';

const KEPT_ANSWERS = 500;
const KEPT_PRODUCTS = 4_000;

/** What searching needs. */
export type SearchRpcDeps = {
  readonly index: () => SearchIndex;
  readonly products: (ids: readonly string[]) => Promise<readonly StoredProduct[]>;
  readonly currency: string;
};

/** What was found, and the answer once it was given whole. */
type Looked = { readonly found: Found | 'invalid-page-token'; answer?: SearchProductsResponse };

/** The method that searches. What was found, how products look and what was answered is kept until something of it changes. */
export function searchRpc(deps: SearchRpcDeps): Pick<Handlers<typeof ProductService>, 'searchProducts'> {
  const answers = keepLatest<string, Looked>(KEPT_ANSWERS);
  const shown = keepLatest<bigint, { product?: Product }>(KEPT_PRODUCTS);
  let indexes = 0;
  let last: SearchIndex | undefined;

  const look = (request: SearchProductsRequest) => {
    const index = deps.index();
    indexes += index === last ? 0 : 1;
    last = index;
    const question = toQuestion(request);
    const key = JSON.stringify(question, (_, value) =>
      typeof value === 'bigint' ? value.toString() : value,
    );
    return answers(key, `${indexes} ${index.changes}`, () => ({ found: searchProducts(index, question) }));
  };

  return {
    searchProducts: async (request) => {
      const looked = look(request);
      if (looked.answer !== undefined) {
        return looked.answer;
      }
      const { found } = looked;
      if (found === 'invalid-page-token') {
        throw pageTokenInvalid();
      }
      const cells = found.hits.map(({ productId, version }) => ({
        productId,
        cell: shown(productId, version, () => ({})),
      }));
      const missing = cells.filter(({ cell }) => cell.product === undefined);
      const stored = await deps.products(missing.map(({ productId }) => productId));
      const byId = new Map(stored.map((product) => [product.productId, product]));
      for (const { productId, cell } of missing) {
        const product = byId.get(productId);
        // One that has left the shelf since it was found isn't shown.
        if (product?.state === 'ACTIVE') {
          cell.product = toProduct(product, deps.currency);
        }
      }
      const answer = create(SearchProductsResponseSchema, {
        products: cells.flatMap(({ cell }) => cell.product ?? []),
        nextPageToken: found.nextPageToken,
        totalCount: found.total,
        facets: request.skipFacets ? [] : toFacets(found),
        correctedQuery: found.correctedQuery,
      });
      if (answer.products.length === cells.length) {
        looked.answer = encodedOnce(SearchProductsResponseSchema, answer);
      }
      return answer;
    },
  };
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
