import { type Invariant, judged } from './invariant.ts';
import { examplesIn, sizesIn, sqlInvariant } from './sql-invariant.ts';
import type { Checkout } from './world/checkouts.ts';
import { sqlSet } from './world/databases.ts';
import type { ToldFacts } from './world/facts.ts';
import type { ProviderEntry } from './world/provider.ts';
import { differences, memorySet, told } from './world/sets.ts';

/** I-23: what the provider did, by its journal, in the words of the attempts: `key AUTHORISE 900 USD`. */
export function tookEffect(journal: readonly ProviderEntry[]): string[] {
  return journal
    .filter(({ operation, outcome }) => outcome === 'succeeded' && movesMoney.has(operation))
    .map(({ key, operation, amount, currency }) => `${key} ${operation.toUpperCase()} ${amount} ${currency}`);
}

/** `create` and `abandon` are of intents that never held anything. */
const movesMoney: ReadonlySet<ProviderEntry['operation']> = new Set([
  'authorise',
  'capture',
  'void',
  'refund',
]);

/** I-29: orders whose money changes its currency on the way. */
export function otherCurrencies(
  checkouts: readonly Checkout[],
  facts: Pick<ToldFacts, 'orders' | 'movements'>,
): string[] {
  const currencyOf = new Map(checkouts.map(({ order }) => [order.order_id, order.currency]));
  const differs = (orderId: string, currency: string) =>
    currencyOf.has(orderId) && currencyOf.get(orderId) !== currency;
  const payments = checkouts.flatMap(({ payment }) =>
    payment !== undefined && differs(payment.order_id, payment.currency)
      ? [
          `order ${payment.order_id} is in ${currencyOf.get(payment.order_id)}, its payment in ${payment.currency}`,
        ]
      : [],
  );
  const movements = facts.movements
    .filter(({ orderId, currency }) => differs(orderId, currency))
    .map(
      ({ orderId, currency }) =>
        `order ${orderId} is in ${currencyOf.get(orderId)}, money moved in ${currency}`,
    );
  return [...payments, ...movements];
}

/** What must hold of money beyond the ledger: at the provider, in coupons, and in which currency. */
export const moneyInvariants: readonly Invariant[] = [
  {
    id: 'I-23',
    sentence: "the provider's journal = the payments table, as multisets of (key, amount, currency)",
    when: 'quiet',
    async check({ databases, provider }) {
      const did = tookEffect(await provider());
      const journal = memorySet(Map.groupBy(did, (member) => member.slice(34, 36)));
      const attempts = sqlSet(
        databases,
        'payment',
        `select substr(idempotency_key, 35, 2) as grouping,
           idempotency_key || ' ' || operation || ' ' || attempt.amount || ' ' || attempt.currency as member
         from attempt join payment using (payment_id)
         where outcome in ('SUCCEEDED', 'RETURNED') and provider = 'simulator'`,
      );
      const sizes = await sizesIn(databases, 'payment', {
        'attempts that took effect': "attempt where outcome in ('SUCCEEDED', 'RETURNED')",
      });
      const found = told(await differences(attempts, journal), 'by the payments', 'by the provider');
      return judged({ 'operations in the journal': did.length, ...sizes }, found);
    },
  },
  sqlInvariant({
    id: 'I-27',
    sentence: 'coupon redemptions <= limit, and per user; given back exactly once on cancel',
    when: 'always',
    service: 'cart',
    looksAt: { 'coupons of orders': 'coupon_hold', coupons: 'coupon' },
    examples: [
      `select format('coupon %s: %s held and %s redeemed of %s', code, held_count, redeemed_count, redemption_limit)
         as example
       from coupon where redemption_limit > 0 and held_count + redeemed_count > redemption_limit`,
      `select format('coupon %s counts %s held and %s redeemed, its orders come to %s and %s', code, held_count,
         redeemed_count, coalesce(held, 0), coalesce(redeemed, 0)) as example
       from coupon left join (
         select code, count(*) filter (where state = 'HELD') as held,
           count(*) filter (where state = 'REDEEMED') as redeemed
         from coupon_hold group by code) as counted using (code)
       where held_count <> coalesce(held, 0) or redeemed_count <> coalesce(redeemed, 0)`,
      `select format('user %s uses coupon %s %s times, of %s allowed', user_id, code, count(*), per_user_limit) as example
       from coupon_hold join coupon using (code)
       where state in ('HELD', 'REDEEMED') and per_user_limit > 0
       group by user_id, code, per_user_limit having count(*) > per_user_limit`,
      `select format('the coupon of order %s was %s %s times', aggregate_id, split_part(type, '.', 4), count(*)) as example
       from outbox where type in (${['CouponHeld', 'CouponRedeemed', 'CouponReturned']
         .map((fact) => `'shopverse.cart.v1.${fact}'`)
         .join()})
       group by aggregate_id, type having count(*) > 1`,
    ],
  }),
  {
    id: 'I-29',
    sentence: 'money is int64 minor units plus currency, one currency from order to refund',
    when: 'always',
    async check({ databases, checkouts, topics }) {
      const { all } = await checkouts();
      const { facts } = await topics();
      const columns: string[] = [];
      for (const service of databases.services) {
        columns.push(...(await examplesIn(databases, service, [inexactSql(service)])));
      }
      const mixed = await examplesIn(databases, 'payment', [mixedSql]);
      return judged({ orders: all.length, 'movements of money': facts.movements.length }, [
        ...columns,
        ...mixed,
        ...otherCurrencies(all, facts),
      ]);
    },
  },
];

/** Columns that could hold a fraction of a cent. */
function inexactSql(service: string): string {
  return `
    select format('${service}: %s.%s is %s', table_name, column_name, data_type) as example
    from information_schema.columns
    where table_schema in ('public', (select nspname from pg_namespace where oid = pg_my_temp_schema()))
      and data_type in ('real', 'double precision', 'numeric', 'money')`;
}

const mixedSql = `
  select format('payment %s is in %s, its %s in %s', payment_id, payment.currency, what, other.currency) as example
  from payment join (
    select payment_id, currency, 'ledger' as what from ledger_entry
    union all select payment_id, currency, 'attempts' from attempt) as other using (payment_id)
  where payment.currency <> other.currency`;
