import type { ColumnType, Generated } from 'kysely';
import type { Line } from '../domain/cart.ts';
import type { HoldState } from '../domain/coupon.ts';

/** The service's own tables; see migrations/. */
export type CartTables = {
  cart: {
    cart_id: string;
    user_id: string | null;
    guest_hash: Buffer | null;
    coupon_code: string | null;
    version: Generated<bigint>;
    expire_time: Date;
    create_time: Date;
    update_time: Date;
  };
  cart_line: { cart_id: string; sku: string; quantity: number; position: Generated<bigint> };
  variant: {
    sku: string;
    product_id: string;
    title: string;
    category_path: string[];
    unit_price: bigint | null;
    on_sale: boolean;
  };
  coupon: {
    code: string;
    percent_basis_points: number | null;
    amount_off: bigint | null;
    redemption_limit: number;
    per_user_limit: number;
    minimum_subtotal: bigint;
    expire_time: Date | null;
    held_count: Generated<number>;
    redeemed_count: Generated<number>;
  };
  coupon_hold: {
    order_id: string;
    code: string;
    user_id: string;
    state: HoldState;
    version: bigint;
    update_time: Date;
  };
  checkout: {
    order_id: string;
    cart_id: string;
    lines: ColumnType<Line[], string, string>;
    create_time: Date;
  };
};
