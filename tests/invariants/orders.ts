import { unsettledStates } from '../../services/order/domain/order-state.ts';
import { askedFor, contradicted, type Path, pathProblem } from './accepted.ts';
import { type Invariant, judged } from './invariant.ts';
import { examplesIn, sizesIn } from './sql-invariant.ts';
import type { Databases } from './world/databases.ts';

const service = 'order';
const placing = "method = 'shopverse.order.v1.OrderService/PlaceOrder' and response is not null";

/**
 * The answers to PlaceOrder that are still kept, with the order's id out of the answer's bytes: the field `order`, its
 * length in one to three bytes, then the field `order_id`, 36 letters long.
 */
const answersSql = `
  select caller, request_id, created_at,
    convert_from(substring(response from
      case when length(response) <= 129 then 5 when length(response) <= 16386 then 6 else 7 end for 36), 'UTF8')
      as order_id
  from idempotency where ${placing}`;

/** What must hold of orders and of what clients were told of them. */
export const orderInvariants: readonly Invariant[] = [
  {
    id: 'I-10',
    sentence: "each order answered ok exists once; each answered fail doesn't; each info 0 or 1 times",
    when: 'quiet',
    async check({ databases, replay, checkouts }) {
      const entries = await replay();
      const asked = askedFor(entries);
      if (asked === 0) {
        return { notApplicable: 'there is no journal of a replay' };
      }
      const { all } = await checkouts();
      const orders = new Map(all.map(({ order }) => [order.order_id, order]));
      const answers = await answersByRequest(databases);
      return judged({ baskets: asked, orders: all.length }, contradicted(entries, { orders, answers }));
    },
  },
  {
    id: 'I-11',
    sentence: '(user, idempotency key) gives at most one order, and each order has one key',
    when: 'always',
    async check({ databases }) {
      const found = await examplesIn(databases, service, [
        `select format('%s under key %s was answered with %s, which is no order', caller, request_id,
           answer.order_id) as example
         from (${answersSql}) as answer left join orders on orders.order_id::text = answer.order_id
         where orders.order_id is null`,
        `select format('order %s was answered under %s keys', order_id, count(*)) as example
         from (${answersSql}) as answer group by order_id having count(*) > 1`,
        `select format('%s has %s answers under key %s', caller, count(*), request_id) as example
         from (${answersSql}) as answer group by caller, request_id having count(*) > 1`,
        // Keys are kept for a time, so that only what was placed since the oldest must have one.
        `select format('order %s has no key', order_id) as example from orders
         where create_time > (select min(created_at) + interval '1 minute' from (${answersSql}) as answer)
           and not exists (select 1 from (${answersSql}) as answer where answer.order_id = orders.order_id::text)`,
      ]);
      return judged(await sizesIn(databases, service, { keys: `idempotency where ${placing}` }), found);
    },
  },
  {
    id: 'I-12',
    sentence:
      'each accepted order is settled, none 60 s past its deadline, and its history is a path of the declared state machine',
    when: 'quiet',
    async check({ databases }) {
      const unsettled = await examplesIn(databases, service, [
        `select format('%s is %s since %s s', order_id, state, extract(epoch from now() - update_time)::int) as example
         from orders where state in (${unsettledStates.map((state) => `'${state}'`).join()})
         order by update_time`,
        // Whatever a wait is for, its deadline is a message that comes by itself.
        `select format('%s is %s, and its %s passed %s s ago', order_id, state, deadline_kind,
           extract(epoch from now() - deadline_time)::int) as example
         from orders where deadline_time < now() - interval '60 s' order by deadline_time`,
      ]);
      const paths = await databases.rows<Path>(service, pathsSql);
      const astray = paths.flatMap((path) => {
        const problem = pathProblem(path);
        return problem === undefined ? [] : [`${path.orders} orders, such as ${path.example}: ${problem}`];
      });
      const sizes = await sizesIn(databases, service, { orders: 'orders' });
      return judged({ ...sizes, 'different histories': paths.length }, [...unsettled, ...astray]);
    },
  },
];

async function answersByRequest(
  databases: Pick<Databases, 'rows'>,
): Promise<ReadonlyMap<string, readonly string[]>> {
  const rows = await databases.rows<{ request_id: string; order_id: string }>(service, answersSql);
  const byRequest = Map.groupBy(rows, (row) => row.request_id);
  return new Map(
    Array.from(byRequest, ([request, answers]) => [request, answers.map((answer) => answer.order_id)]),
  );
}

/** All different ways that orders went, by their facts and their history. */
const pathsSql = `
  select facts, states, state, count(*)::int as orders, min(order_id::text) as example
  from orders
  left join (
    select aggregate_id, array_agg(split_part(type, '.', 4) order by aggregate_seq) as facts
    from outbox where topic = 'shopverse.order.v1' group by aggregate_id) as stated
    on stated.aggregate_id = orders.order_id::text
  left join (
    select order_id, array_agg(state order by sequence) as states from order_history group by order_id) as history
    using (order_id)
  group by facts, states, state`;
