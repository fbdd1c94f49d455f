import type { ProviderEntry } from '../world/provider.ts';
import { idOf, someTime } from './facts-stated.ts';
import * as told from './sound-facts.ts';
import type { Row, Tables } from './sound-shop.ts';

const { sold, cancelled, paidBack, user } = told;
type Paid = typeof sold;

const operations = [
  { of: sold, done: ['AUTHORISE', 'CAPTURE'] },
  { of: cancelled, done: ['AUTHORISE', 'VOID'] },
  { of: paidBack, done: ['AUTHORISE', 'CAPTURE', 'REFUND'] },
] as const;

/** The payment service's rows in the sound shop. */
export function paymentTables(): Tables {
  return {
    payment: [
      payment(sold, 'CAPTURED', 2, { captured: 900 }),
      payment(cancelled, 'VOIDED', 2, {}),
      payment(paidBack, 'REFUNDED', 3, { captured: 150, refunded: 150 }),
    ],
    attempt: operations.flatMap(({ of, done }) =>
      done.map((operation, at) => attempt(of, operation, at + 1)),
    ),
    ledger_entry: [
      ...posted(sold, 1, ['AUTHORISED', 'RECEIVABLE', 900]),
      ...posted(sold, 2, ['RECEIVABLE', 'AUTHORISED', 900], ['PROVIDER_BALANCE', 'REVENUE', 900]),
      ...posted(cancelled, 1, ['AUTHORISED', 'RECEIVABLE', 400]),
      ...posted(cancelled, 2, ['RECEIVABLE', 'AUTHORISED', 400]),
      ...posted(paidBack, 1, ['AUTHORISED', 'RECEIVABLE', 150]),
      ...posted(paidBack, 2, ['RECEIVABLE', 'AUTHORISED', 150], ['PROVIDER_BALANCE', 'REVENUE', 150]),
      ...posted(paidBack, 3, ['REFUNDS', 'PROVIDER_BALANCE', 150]),
    ],
  };
}

/** What the provider did for the sound shop, and one thing that took no effect. */
export function providerJournal(): ProviderEntry[] {
  const done = operations.flatMap(({ of, done: all }) =>
    all.map(
      (operation): ProviderEntry => ({
        key: keyOf(of, operation),
        operation: operation.toLowerCase() as ProviderEntry['operation'],
        amount: Number(of.total),
        currency: 'USD',
        outcome: 'succeeded',
      }),
    ),
  );
  const declined = {
    key: `${idOf('nobody')}:authorise`,
    operation: 'authorise',
    amount: 5,
    currency: 'USD',
  } as const;
  return [...done, { ...declined, outcome: 'declined' }];
}

/** What analytics made of the captures and the refund. */
export function saleLines(): Row[] {
  const captured = idOf(`${sold.payment} 2`);
  const [taken, given] = [idOf(`${paidBack.payment} 2`), idOf(`${paidBack.payment} 3`)];
  return [
    saleLine(captured, 1, sold, { sku: 'A', amount: 270, units: 2, baskets: 1, orders: 1 }),
    saleLine(captured, 2, sold, { sku: 'A', amount: 90, units: 1 }),
    saleLine(captured, 3, sold, { sku: 'B', amount: 540, units: 1, department: 'MEAT', baskets: 1 }),
    saleLine(taken, 1, paidBack, { sku: 'A', amount: 150, units: 1, baskets: 1, orders: 1 }),
    saleLine(given, 1, paidBack, {
      sku: 'A',
      amount: -150,
      units: -1,
      baskets: -1,
      orders: -1,
      entry: 'REFUND',
    }),
  ];
}

function payment(of: Paid, state: string, version: number, amounts: Row): Row {
  const total = Number(of.total);
  return {
    payment_id: of.payment,
    order_id: of.order,
    user_id: user,
    state,
    currency: 'USD',
    amount: total,
    authorised: total,
    captured: 0,
    refunded: 0,
    ...amounts,
    provider: 'simulator',
    version,
    updated_at: someTime,
  };
}

function attempt(of: Paid, operation: string, position: number): Row {
  return {
    idempotency_key: keyOf(of, operation),
    payment_id: of.payment,
    position,
    operation,
    amount: Number(of.total),
    currency: 'USD',
    outcome: 'SUCCEEDED',
    created_at: someTime,
  };
}

function keyOf(of: Paid, operation: string): string {
  return `${of.payment}:${operation.toLowerCase()}`;
}

/** A ledger transaction, of pairs of a debited and a credited account. */
function posted(
  of: Paid,
  number: number,
  ...pairs: [debit: string, credit: string, amount: number][]
): Row[] {
  const transaction_id = idOf(`transaction ${number} of ${of.payment}`);
  return pairs.flatMap(([debit, credit, amount]) =>
    [
      { account: debit, amount },
      { account: credit, amount: -amount },
    ].map((posting) => ({
      transaction_id,
      payment_id: of.payment,
      currency: 'USD',
      created_at: someTime,
      ...posting,
    })),
  );
}

function saleLine(event_id: string, line_number: number, of: Paid, what: Row): Row {
  return {
    event_id,
    line_number,
    line_count: 1,
    event_time: someTime.replace('T', ' ').replace('Z', ''),
    order_id: of.order,
    payment_id: of.payment,
    user_id: user,
    entry: 'SALE',
    component: 'ITEM',
    title: 'something',
    department: 'GROCERY',
    currency: 'USD',
    baskets: 0,
    orders: 0,
    ...what,
  };
}
