import type { Patch } from './loading.ts';

/** A bug as somebody might make it, and the invariant that gives it away. */
export type Bug = { readonly what: string; readonly breaks: string; readonly patches: readonly Patch[] };

const batch = 'platform/consumer/process-batch.ts';
const relay = 'platform/outbox/relay.ts';
const memory = 'tests/simulation/memory';

/** Bugs that are put into the code, one at a time, to see that the simulation finds them. */
export const bugs: readonly Bug[] = [
  {
    what: 'the inbox is not asked',
    breaks: 'I-32',
    patches: [
      {
        file: batch,
        find: 'for (const { incoming, outcome } of fresh) {',
        replace: 'for (const { incoming, outcome } of claims) {',
      },
    ],
  },
  {
    what: 'the inbox row is committed before the effect',
    breaks: 'I-32',
    patches: [
      {
        file: batch,
        find: 'const fresh = await claimFacts(db, consumer.name, claims, portions.map(endOf));',
        replace: `const fresh = await consumer.database.transaction((own) =>
          claimFacts(kernelTables(own.db), consumer.name, claims, []));
        await claimFacts(db, consumer.name, [], portions.map(endOf));`,
      },
    ],
  },
  {
    what: 'the offset is committed before the effect',
    breaks: 'I-35',
    patches: [
      { file: batch, find: 'record.offset >= place(portion)', replace: 'record.offset >= 0n' },
      {
        file: batch,
        find: "await failpoint(consumer.step, 'P1');",
        replace: `await consumer.database.transaction(async (own) => {
          await lockPlaces(kernelTables(own.db), consumer.name, portions);
          await claimFacts(kernelTables(own.db), consumer.name, [], portions.map(endOf));
        });
        await failpoint(consumer.step, 'P1');`,
      },
    ],
  },
  {
    what: 'a consumer starts one record too late',
    breaks: 'I-35',
    patches: [
      {
        file: 'platform/consumer/run-consumer.ts',
        find: 'onAssigned: (partitions) => storedPositions(db, consumer.name, partitions),',
        replace: `onAssigned: async (partitions) => (await storedPositions(db, consumer.name, partitions))
          .map((position) => ({ ...position, offset: position.offset + 1n })),`,
      },
    ],
  },
  {
    what: 'a fact that fails is passed over',
    breaks: 'I-35',
    patches: [
      {
        file: batch,
        find: "await park(db, consumer.name, only, { state: 'RETRYING', error });",
        replace: '',
      },
    ],
  },
  {
    what: 'later facts pass a parked one',
    breaks: 'I-37',
    patches: [{ file: batch, find: 'if (key !== undefined && parked.has(key)) {', replace: 'if (false) {' }],
  },
  {
    what: 'facts are written after the commit',
    breaks: 'I-30',
    patches: [
      {
        file: 'platform/db/transaction.ts',
        find: 'await insertIntoOutbox(kernelTables(transaction), entries);',
        replace: '',
      },
      {
        file: 'platform/db/transaction.ts',
        find: 'return { result, appended: entries.length };',
        replace: `if (entries.length > 0) {
          await insertIntoOutbox(kernelTables(db), entries);
        }
        return { result, appended: entries.length };`,
      },
    ],
  },
  {
    what: 'the outbox is read by its sequence, without the fence',
    breaks: 'I-31',
    patches: [
      {
        file: `${memory}/kernel/relay-store.ts`,
        find: 'return one.xid > other.xid || (one.xid === other.xid && one.seq > other.seq);',
        replace: 'return one.seq > other.seq;',
      },
      {
        file: `${memory}/kernel/relay-store.ts`,
        find: 'isAfter(row, place) && row.xid < fence',
        replace: 'isAfter(row, place)',
      },
    ],
  },
  {
    what: 'the outbox is read in the order in which transactions began',
    breaks: 'I-33',
    patches: [
      {
        file: `${memory}/kernel/append.ts`,
        find: 'xid: tx.server.place(tx.xid ?? 0n),',
        replace: 'xid: tx.xid ?? 0n,',
      },
    ],
  },
  {
    what: 'rows are published side by side, as relays with SKIP LOCKED do',
    breaks: 'I-33',
    patches: [
      {
        file: relay,
        find: 'await publish(this.#producer, rows);',
        replace: `const producer = this.#producer;
        await Promise.all(rows.map((row) => publish(producer, [row])));`,
      },
    ],
  },
  {
    what: 'rows are marked as sent before they are',
    breaks: 'I-31',
    patches: [
      {
        file: relay,
        find: "await failpoint(this.#step, 'P6');\n        await this.#store.advance(place, last);",
        replace: '',
      },
      {
        file: relay,
        find: 'if (!(await this.#publishUntilDone(rows, signal))) {',
        replace: `await this.#store.advance(place, last);
        if (!(await this.#publishUntilDone(rows, signal))) {`,
      },
    ],
  },
  {
    what: 'a batch that was not acknowledged counts as sent',
    breaks: 'I-31',
    patches: [
      {
        file: relay,
        find: 'await pause(Math.min(100 * 2 ** attempt, longestBackoffMs), signal);',
        replace: 'return true;',
      },
    ],
  },
  {
    what: 'facts forget what caused them',
    breaks: 'I-39',
    patches: [
      {
        file: 'platform/events/headers.ts',
        find: '[headerName.causationId]: context?.causationId ?? correlationId,',
        replace: "[headerName.causationId]: '',",
      },
    ],
  },
  {
    what: 'a repeated request is carried out again',
    breaks: 'I-11',
    patches: [
      {
        file: 'platform/idempotency/idempotent.ts',
        find: 'if (!(await claimAnswer(db, key, hash))) {',
        replace: 'if (!(await claimAnswer(db, key, hash)) && false) {',
      },
    ],
  },
  {
    what: 'stock is read without a lock',
    breaks: 'I-02',
    patches: [
      {
        file: `${memory}/inventory/reservations.ts`,
        find: "const shelf = await memory.locked<Shelf>('stock', key);",
        replace: "const shelf = memory.get<Shelf>('stock', key);",
      },
      {
        file: `${memory}/inventory/one-writer.ts`,
        find: "memory.lock('advisory', 'inventory.stock')",
        replace: 'undefined',
      },
    ],
  },
  {
    what: 'lines of one SKU are checked one by one',
    breaks: 'I-02',
    patches: [
      {
        file: 'services/inventory/usecases/reserve-stock.ts',
        find: 'const wants = sumBySku(order.lines);',
        replace: 'const wants = order.lines;',
      },
    ],
  },
  {
    what: 'what was reserved is not given back',
    breaks: 'I-03',
    patches: [
      {
        file: 'services/inventory/domain/reservation.ts',
        find: "ACTIVE: { reserve: 'ignore', commit: 'sell', cancel: 'release',",
        replace: "ACTIVE: { reserve: 'ignore', commit: 'sell', cancel: 'answer',",
      },
    ],
  },
  {
    what: 'what was sold is not taken back',
    breaks: 'I-16',
    patches: [
      {
        file: 'services/inventory/domain/reservation.ts',
        find: "COMMITTED: { reserve: 'ignore', commit: 'ignore', cancel: 'restock',",
        replace: "COMMITTED: { reserve: 'ignore', commit: 'ignore', cancel: 'answer',",
      },
    ],
  },
  {
    what: 'a coupon is counted without its lock',
    breaks: 'I-27',
    patches: [
      {
        file: `${memory}/cart/writer.ts`,
        find: "lockCoupon: (code) => statement(tx.db, (memory) => memory.locked<Coupon>('coupon', code)),",
        replace: "lockCoupon: (code) => statement(tx.db, (memory) => memory.get<Coupon>('coupon', code)),",
      },
    ],
  },
  {
    what: 'a held coupon is not counted back',
    breaks: 'I-27',
    patches: [
      {
        file: 'services/cart/domain/coupon.ts',
        find: "return: { to: 'RETURNED', held: -1, redeemed: 0 },",
        replace: "return: { to: 'RETURNED', held: 0, redeemed: 0 },",
      },
    ],
  },
  {
    what: 'a redeemed coupon stays redeemed',
    breaks: 'I-27',
    patches: [
      {
        file: 'services/cart/domain/coupon.ts',
        find: "return: { to: 'RETURNED', held: 0, redeemed: -1 },",
        replace: "return: { to: 'RETURNED', held: 0, redeemed: 0 },",
      },
    ],
  },
  {
    what: 'an unclear answer is taken for a refusal',
    breaks: 'I-23',
    patches: [
      {
        file: 'services/payment/adapters/attempts.ts',
        find: "return { kind: 'unclear', key: job.key, code: answer.code };",
        replace: `return job.operation === 'AUTHORISE'
          ? { kind: 'declined', code: answer.code }
          : { kind: 'unclear', key: job.key, code: answer.code };`,
      },
    ],
  },
  {
    what: 'it is not written down that a call is about to be made',
    breaks: 'I-23',
    patches: [
      {
        file: `${memory}/payment/claims.ts`,
        find: 'sent: true,',
        replace: 'sent: row.sent,',
      },
    ],
  },
  {
    what: 'money is said to be paid back, and nobody is asked to',
    breaks: 'I-23',
    patches: [
      {
        file: 'services/payment/domain/decide.ts',
        find: ': [...wish, ...refundAll(payment)];',
        replace: ": [...wish, { kind: 'refunded-in-full', amount: payment.captured - payment.refunded }];",
      },
    ],
  },
  {
    what: 'refunds under way are not counted',
    breaks: 'I-23',
    patches: [
      {
        file: 'services/payment/domain/payment.ts',
        find: 'return payment.captured - payment.refunded - refunding(payment);',
        replace: 'return payment.captured - payment.refunded;',
      },
    ],
  },
  {
    what: 'a cancelled order’s hold on the card is kept',
    breaks: 'I-15',
    patches: [
      {
        file: 'services/payment/domain/decide.ts',
        find: 'return busy === undefined ? [...wish, openVoid(payment)] : wish;',
        replace: "return busy === undefined ? [...wish, { kind: 'voided' }] : wish;",
      },
    ],
  },
  {
    what: 'the last answer to a cancellation is not recognised',
    breaks: 'I-12',
    patches: [
      {
        file: 'services/order/domain/checkout-saga.ts',
        find: "? 'settled' : 'awaited'",
        replace: "? 'awaited' : 'settled'",
      },
    ],
  },
];
