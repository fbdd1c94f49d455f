import { type Kysely, sql } from 'kysely';

/** Orders with their lines, their history and where they go. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table orders (
      order_id uuid primary key,
      user_id uuid not null,
      placed_by uuid not null,
      channel text not null check (channel in ('ONLINE', 'TILL')),
      method text not null check (method in ('DELIVERY', 'COUNTER')),
      state text not null check (state in ('PLACED', 'STOCK_RESERVED', 'CONFIRMED', 'PAID', 'FULFILLED',
        'REJECTED', 'CANCELLING', 'CANCELLED')),
      stock text not null,
      payment text not null,
      coupon text not null,
      shipped boolean not null,
      currency text not null check (currency ~ '^[A-Z]{3}$'),
      subtotal bigint not null check (subtotal >= 0),
      discount bigint not null check (discount between 0 and subtotal),
      shipping bigint not null check (shipping >= 0),
      tax bigint not null check (tax >= 0),
      total bigint not null check (total > 0 and total = subtotal - discount + shipping + tax),
      refunded bigint not null check (refunded between 0 and total),
      coupon_code text,
      cart_id uuid,
      payment_method_token text not null,
      payment_id uuid,
      end_reason text,
      deadline_kind text,
      deadline_time timestamptz,
      version bigint not null,
      revision bigint not null,
      create_time timestamptz not null,
      update_time timestamptz not null,
      check ((deadline_kind is null) = (deadline_time is null))
    )`.execute(db);
  // An order's id is in the order of placing, so that pages need no other key.
  await sql`create index orders_of_user on orders (user_id, order_id desc)`.execute(db);
  await sql`create index orders_in_state on orders (state, order_id desc)`.execute(db);
  await sql`create index orders_due on orders (deadline_time) where deadline_time is not null`.execute(db);
  await sql`
    create table order_line (
      order_id uuid not null references orders,
      number integer not null,
      sku text not null,
      title text not null,
      category_path text[] not null,
      quantity integer not null check (quantity > 0),
      unit_price bigint not null check (unit_price >= 0),
      discount bigint not null check (discount >= 0),
      amount bigint not null check (amount >= 0 and amount = quantity * unit_price - discount),
      primary key (order_id, number)
    )`.execute(db);
  await sql`
    create table order_history (
      order_id uuid not null references orders,
      sequence bigint not null,
      state text not null,
      cause text not null,
      time timestamptz not null,
      primary key (order_id, sequence)
    )`.execute(db);
  // Apart, so that erasing a person's data leaves the order.
  await sql`
    create table delivery_address (
      order_id uuid primary key references orders,
      recipient text not null,
      lines text[] not null,
      city text not null,
      postal_code text not null,
      country_code text not null
    )`.execute(db);
}
