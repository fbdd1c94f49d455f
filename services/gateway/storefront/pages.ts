import type { Cart } from '#gen/shopverse/cart/v1/cart_pb.ts';
import type { CartService } from '#gen/shopverse/cart/v1/cart_service_pb.ts';
import { PagePart, StorefrontService } from '#gen/shopverse/gateway/v1/storefront_service_pb.ts';
import type { InventoryService } from '#gen/shopverse/inventory/v1/inventory_service_pb.ts';
import type { OrderService } from '#gen/shopverse/order/v1/order_service_pb.ts';
import type { PaymentService } from '#gen/shopverse/payment/v1/payment_service_pb.ts';
import type { Product } from '#gen/shopverse/product/v1/product_pb.ts';
import {
  type ProductService,
  SearchProductsRequest_Sort as Sort,
} from '#gen/shopverse/product/v1/product_service_pb.ts';
import type { Client } from '#platform/client/client.ts';
import { bind, type Call, type RpcBinding } from '#platform/rpc/bind.ts';
import { MAIN_MS, openPage, type Page } from './page.ts';

/** The services that pages are put together from. */
export type PageSources = {
  readonly products: Client<typeof ProductService>;
  readonly inventory: Client<typeof InventoryService>;
  readonly carts: Client<typeof CartService>;
  readonly orders: Client<typeof OrderService>;
  readonly payments: Client<typeof PaymentService>;
};

const NEWEST = 24;
const RELATED = 12;
const patient = { timeoutMs: MAIN_MS };

/** The web's page queries. The caller's token goes with every call that they make, as the kernel sees to. */
export function storefrontRpc(sources: PageSources): RpcBinding {
  const { products, carts, orders, payments } = sources;

  function availability(page: Page, skus: readonly string[]) {
    // A question about nothing is refused; the answer is known.
    return skus.length === 0
      ? { availabilities: [] }
      : page.part(PagePart.AVAILABILITY, () => sources.inventory.batchGetAvailability({ skus: [...skus] }));
  }

  return bind(StorefrontService, {
    async getHomePage(_request, call) {
      const page = openPage(call);
      const shelf = async () => {
        const newest = await page.part(PagePart.NEWEST, () =>
          products.searchProducts({ sort: Sort.NEWEST, pageSize: NEWEST, skipFacets: true }),
        );
        const available = newest
          ? await availability(page, newest.products.flatMap(firstSku))
          : page.without(PagePart.AVAILABILITY);
        return { newest, available };
      };
      const [categories, { newest, available }] = await Promise.all([
        page.part(PagePart.CATEGORIES, () => products.listCategories({})),
        shelf(),
      ]);
      return {
        categories: categories?.categories ?? [],
        newest: newest?.products ?? [],
        availabilities: available?.availabilities ?? [],
        missing: page.missing(),
      };
    },

    async getProductPage({ productId }, call) {
      const page = openPage(call);
      const { product } = await page.main(() => products.getProduct({ productId }, patient));
      const [available, related] = await Promise.all([
        availability(page, product?.variants.map(({ sku }) => sku) ?? []),
        // One more than are shown, as the product itself may be among them.
        page.part(PagePart.RELATED, () =>
          products.searchProducts({
            categoryId: product?.categoryId ?? '',
            pageSize: RELATED + 1,
            skipFacets: true,
          }),
        ),
      ]);
      return {
        ...(product === undefined ? {} : { product }),
        availabilities: available?.availabilities ?? [],
        related: (related?.products ?? []).filter((other) => other.productId !== productId).slice(0, RELATED),
        missing: page.missing(),
      };
    },

    async getCartPage(_request, call) {
      const page = openPage(call);
      const { cart } = await page.main(() => carts.getCart({}, { ...asGuest(call), ...patient }));
      const [stocked, available] = await Promise.all([
        productsIn(page, cart),
        availability(page, cart?.lines.map(({ sku }) => sku) ?? []),
      ]);
      return {
        ...(cart === undefined ? {} : { cart }),
        products: stocked?.products ?? [],
        availabilities: available?.availabilities ?? [],
        missing: page.missing(),
      };
    },

    async getOrderPage({ orderId }, call) {
      const page = openPage(call);
      const [{ order }, paid] = await Promise.all([
        page.main(() => orders.getOrder({ orderId }, patient)),
        page.part(PagePart.PAYMENTS, () => payments.listPayments({ orderId })),
      ]);
      return {
        ...(order === undefined ? {} : { order }),
        payments: paid?.payments ?? [],
        missing: page.missing(),
      };
    },
  });

  function productsIn(page: Page, cart: Cart | undefined) {
    const productIds = [...new Set(cart?.lines.map(({ productId }) => productId))];
    return productIds.length === 0
      ? { products: [] }
      : page.part(PagePart.PRODUCTS, () => products.batchGetProducts({ productIds }));
  }
}

function firstSku({ variants: [first] }: Product): string[] {
  return first === undefined ? [] : [first.sku];
}

/** A guest is known by its secret, which no token carries. */
function asGuest({ caller: { guestId } }: Call) {
  return guestId === undefined ? {} : { metadata: { 'x-shopverse-guest': [guestId] } };
}
