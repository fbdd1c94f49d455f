import type { ColumnType, Generated } from 'kysely';

type Json<T> = ColumnType<T, string, string>;

/** The service's own tables; see migrations/. */
export type ProductTables = {
  category: {
    category_id: string;
    parent_id: string | null;
    display_name: string;
    path: string[];
    ancestor_ids: string[];
    product_count: Generated<number>;
  };
  product: {
    product_id: string;
    title: string;
    description: string;
    brand: string;
    category_id: string;
    ancestor_ids: string[];
    attributes: Json<Record<string, string>>;
    state: 'DRAFT' | 'ACTIVE' | 'ARCHIVED';
    price: bigint | null;
    /** The transaction that changed the product last. */
    changed_by: bigint;
    content_hash: Buffer;
    version: bigint;
    create_time: Date;
    update_time: Date;
  };
  variant: {
    sku: string;
    product_id: string;
    position: number;
    title: string;
    unit_price: bigint | null;
    options: Json<Record<string, string>>;
  };
  import: {
    import_id: string;
    source: string;
    state: 'OPEN' | 'FINISHED';
    expected_count: number;
    created_count: Generated<number>;
    updated_count: Generated<number>;
    unchanged_count: Generated<number>;
    create_time: Date;
    update_time: Date;
  };
  import_batch: { import_id: string; batch_number: number };
};
