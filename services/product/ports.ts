/** What can be bought of a product. `unitPrice` is in minor units; a variant without one can't be bought. */
export type Variant = {
  readonly sku: string;
  readonly title: string;
  readonly unitPrice: bigint | undefined;
  readonly options: Readonly<Record<string, string>>;
};

/** What somebody says of a product, before it has an id in the tree or a version. */
export type ProductContent = {
  readonly productId: string;
  readonly title: string;
  readonly description: string;
  readonly brand: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly state: 'DRAFT' | 'ACTIVE' | 'ARCHIVED';
  readonly variants: readonly Variant[];
};

/** A product as stored. */
export type StoredProduct = ProductContent & {
  readonly category: Category;
  /** How many facts there are about the product. */
  readonly version: bigint;
  readonly createTime: Date;
  readonly updateTime: Date;
};

/** A place in the tree. */
export type Category = {
  readonly categoryId: string;
  readonly parentId: string | undefined;
  readonly path: readonly string[];
  /** This one and all above it, root first. */
  readonly ancestorIds: readonly string[];
  readonly productCount: number;
};

/** A bulk import as stored. */
export type Import = {
  readonly importId: string;
  readonly source: string;
  readonly state: 'OPEN' | 'FINISHED';
  readonly expectedCount: number;
  readonly createdCount: number;
  readonly updatedCount: number;
  readonly unchangedCount: number;
  readonly createTime: Date;
  readonly updateTime: Date;
};
