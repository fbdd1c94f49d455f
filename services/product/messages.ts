import { create } from '@bufbuild/protobuf';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import {
  type Category as CategoryMessage,
  CategorySchema,
  ErrorReason,
  ErrorReasonSchema,
  type Product,
  Product_State,
  type ProductImport,
  ProductImport_State,
  ProductImportSchema,
  ProductSchema,
} from '#gen/shopverse/product/v1/product_pb.ts';
import { refusal } from '#platform/errors/refusal.ts';
import type { Category, Import, ProductContent, StoredProduct } from './ports.ts';

const STATES = {
  [Product_State.DRAFT]: 'DRAFT',
  [Product_State.ACTIVE]: 'ACTIVE',
  [Product_State.ARCHIVED]: 'ARCHIVED',
  [Product_State.UNSPECIFIED]: 'ACTIVE',
} as const;

/** A product as the contract has it. */
export function toProduct(product: StoredProduct, currencyCode: string): Product {
  return create(ProductSchema, {
    productId: product.productId,
    title: product.title,
    description: product.description,
    brand: product.brand,
    categoryId: product.category.categoryId,
    categoryPath: [...product.category.path],
    attributes: { ...product.attributes },
    variants: product.variants.map(({ sku, title, unitPrice, options }) => ({
      sku,
      title,
      options: { ...options },
      ...(unitPrice !== undefined && { price: { currencyCode, minorUnits: unitPrice } }),
    })),
    state: Product_State[product.state],
    createTime: timestampFromDate(product.createTime),
    updateTime: timestampFromDate(product.updateTime),
    etag: String(product.version),
  });
}

/** What a message says of a product. Refuses prices that aren't in the shop's currency, or below zero. */
export function fromProduct(product: Product, currency: string): ProductContent {
  return {
    productId: product.productId,
    title: product.title,
    description: product.description,
    brand: product.brand,
    attributes: product.attributes,
    state: STATES[product.state as keyof typeof STATES] ?? 'ACTIVE',
    variants: product.variants.map(({ sku, title, price, options }) => {
      if (price !== undefined && (price.currencyCode !== currency || price.minorUnits < 0n)) {
        throw refusal(
          ErrorReasonSchema,
          ErrorReason.CURRENCY_UNSUPPORTED,
          `Prices are amounts of ${currency}, zero or more.`,
          { metadata: { sku } },
        );
      }
      return { sku, title, options, unitPrice: price?.minorUnits };
    }),
  };
}

/** A category as the contract has it. */
export function toCategory(category: Category): CategoryMessage {
  return create(CategorySchema, {
    categoryId: category.categoryId,
    parentId: category.parentId ?? '',
    displayName: category.path.at(-1) ?? '',
    path: [...category.path],
    productCount: category.productCount,
  });
}

/** An import as the contract has it. */
export function toImport(stored: Import): ProductImport {
  return create(ProductImportSchema, {
    ...stored,
    state: ProductImport_State[stored.state],
    createTime: timestampFromDate(stored.createTime),
    updateTime: timestampFromDate(stored.updateTime),
  });
}
