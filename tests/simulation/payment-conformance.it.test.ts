import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Database, Tx } from '#platform/db/database.ts';
import * as claims from '../../services/payment/adapters/claims.ts';
import * as locking from '../../services/payment/adapters/lock-payment.ts';
import * as reading from '../../services/payment/adapters/reader.ts';
import * as saving from '../../services/payment/adapters/save-payment.ts';
import type { PaymentTables } from '../../services/payment/adapters/tables.ts';
import { onlyKey } from '../../services/payment/domain/attempt.ts';
import { postings } from '../../services/payment/domain/ledger.ts';
import { type Change, evolve, type Payment } from '../../services/payment/domain/payment.ts';
import { requested } from '../../services/payment/domain/request.ts';
import { migrations } from '../../services/payment/migrations/all.ts';
import type { Claimable } from '../../services/payment/ports.ts';
import { held, LATER, onPostgres, TIMEOUT, uuid } from './both.ts';
import { inMemory } from './in-memory.ts';
import * as memoryClaims from './memory/payment/claims.ts';
import * as memoryLocking from './memory/payment/lock-payment.ts';
import * as memoryReading from './memory/payment/reader.ts';
import * as memorySaving from './memory/payment/save-payment.ts';

// Payment's doubles in the simulation, beside its statements: the same sentences on both.

const postgres = { ...claims, ...locking, ...reading, ...saving };
const memory: Pick<typeof postgres, keyof typeof memoryClaims | keyof typeof memoryLocking> &
  Pick<typeof postgres, keyof typeof memoryReading | keyof typeof memorySaving> = {
  ...memoryClaims,
  ...memoryLocking,
  ...memoryReading,
  ...memorySaving,
};
type Statements = typeof memory;

type Till = Statements & {
  readonly database: Database<PaymentTables>;
  insert(payment: Payment): Promise<boolean>;
  claim(which: Claimable, claimMs?: number): ReturnType<Statements['claimJobs']>;
  /** Stores what a payment has been through. */
  store(before: Payment, ...steps: readonly Change[]): Promise<Payment>;
};

function till(name: string, body: (its: Till) => Promise<void>): void {
  const on = (statements: Statements) => (database: Database<PaymentTables>) =>
    body({
      ...statements,
      database,
      insert: (payment) =>
        database.transaction((tx) =>
          statements.insertPayment(tx, payment, { provider: 'simulator', token: 'pm_card', deadline: LATER }),
        ),
      claim: (which, claimMs = 60_000) =>
        statements.claimJobs(database, { which, limit: 10, instance: 'one', claimMs }),
      store: (before, ...steps) =>
        database.transaction(async (tx) => {
          const change = changed(before, steps);
          await statements.savePayments(tx, [change]);
          return change.after;
        }),
    });
  test(`payment, in memory: ${name}`, TIMEOUT, () => inMemory<PaymentTables>('payment', on(memory)));
  test(`payment, on Postgres: ${name}`, TIMEOUT, () =>
    onPostgres<PaymentTables>('payment', migrations, on(postgres)),
  );
}

const asked = (number: number, orderNumber = number) =>
  requested({
    ...{ paymentId: uuid(number), orderId: uuid(1_000 + orderNumber), userId: uuid(77) },
    ...{ currency: 'USD', amount: 500n },
  });
const key = (number: number) => onlyKey(uuid(number), 'AUTHORISE');
const ORIGIN = { correlationId: uuid(5), causationId: undefined, traceparent: '' };
const AUTHORISED = (number: number): readonly Change[] => [
  { kind: 'attempt-settled', key: key(number), outcome: 'SUCCEEDED', code: '' },
  { kind: 'authorised', reference: `pi_${number}` },
];

function changed(before: Payment, steps: readonly Change[]): saving.Change {
  const transactionId = uuid(9_000);
  let after = before;
  const entries: saving.NewEntry[] = [];
  for (const step of steps) {
    entries.push(...postings(after, step).map((posting) => ({ transactionId, ...posting })));
    after = evolve(after, step);
  }
  return { before, after, entries, origin: ORIGIN };
}

till('a payment is there once, and an order has one', async (its) => {
  assert.equal(await its.insert(asked(1)), true);
  assert.equal(await its.insert(asked(1)), false);
  await assert.rejects(its.insert(asked(2, 1)), { code: '23505' });
  const stopped = its.database.transaction(async (tx) => {
    const given = { provider: 'simulator', token: 'pm_card', deadline: LATER };
    await its.insertPayment(tx, asked(3), given);
    throw new Error('stop');
  });
  await assert.rejects(stopped, /stop/);
  const found = (number: number) => its.readerOf(its.database.db).find(uuid(number));
  assert.equal(await found(3), undefined);
  const one = await found(1);
  assert.deepEqual(
    [one?.state, one?.amount, one?.revision, one?.attempts.map((attempt) => attempt.key)],
    ['PENDING', 500n, 1n, [key(1)]],
  );
});

till('an attempt is claimed by one, and again when the claim has run out or is let go', async (its) => {
  await its.insert(asked(1));
  const [job, ...others] = await its.claim('unsent');
  assert.deepEqual(others, []);
  assert.deepEqual(
    [job?.key, job?.operation, job?.amount, job?.currency, job?.token, job?.reference],
    [key(1), 'AUTHORISE', 500n, 'USD', 'pm_card', ''],
  );
  assert.deepEqual([job?.sent, job?.tries, job?.claim, job?.cancelling], [false, 1, 1n, false]);
  assert.deepEqual(await its.claim('unsent'), []);
  assert.deepEqual(await its.claim('sent'), []);
  await its.releaseClaims(its.database, 'another');
  assert.deepEqual(await its.claim('sent'), []);
  await its.releaseClaims(its.database, 'one');
  const [again] = await its.claim('sent', 0);
  assert.deepEqual([again?.sent, again?.tries, again?.claim], [true, 2, 2n]);
  const [third] = await its.claim('sent');
  assert.equal(third?.claim, 3n);
  if (third !== undefined) await its.database.transaction((tx) => its.postpone(tx, third, false));
  assert.deepEqual([await its.claim('unsent'), await its.claim('sent')], [[], []]);
});

till('an attempt whose payment is being decided upon is left to others', async (its) => {
  await its.insert(asked(1));
  await its.insert(asked(2));
  const lock = (tx: Tx<PaymentTables>) => its.selectLocked(tx, [uuid(1), uuid(404)]);
  const deciding = await held(its.database, lock);
  assert.deepEqual(
    deciding.result.map(([id, { payment, claims }]) => [id, payment.state, [...claims]]),
    [[uuid(1), 'PENDING', [[key(1), 0n]]]],
  );
  assert.deepEqual(
    (await its.claim('unsent')).map((job) => job.key),
    [key(2)],
  );
  await deciding.end();
  assert.deepEqual(
    (await its.claim('unsent')).map((job) => job.key),
    [key(1)],
  );
});

till('what a payment has been through is stored whole, and its card forgotten', async (its) => {
  await its.insert(asked(1));
  await its.claim('unsent', 0);
  const authorised = await its.store(asked(1), ...AUTHORISED(1));
  const capture = { key: onlyKey(uuid(1), 'CAPTURE'), operation: 'CAPTURE' as const, amount: 500n };
  const opened = await its.store(authorised, {
    kind: 'attempt-opened',
    attempt: {
      ...(authorised.attempts[0] as (typeof authorised.attempts)[number]),
      ...capture,
      outcome: 'PENDING',
    },
  });
  const stored = await its.readerOf(its.database.db).find(uuid(1));
  assert.deepEqual(
    [stored?.state, stored?.authorised, stored?.reference, stored?.version, stored?.revision],
    ['AUTHORISED', 500n, 'pi_1', opened.version, 3n],
  );
  assert.deepEqual(
    stored?.attempts.map(({ operation, outcome }) => [operation, outcome]),
    [
      ['AUTHORISE', 'SUCCEEDED'],
      ['CAPTURE', 'PENDING'],
    ],
  );
  const [job, ...others] = await its.claim('unsent');
  assert.deepEqual([job?.operation, job?.token, job?.reference, others], ['CAPTURE', '', 'pi_1', []]);
  assert.equal((await its.claim('sent')).length, 0, 'a settled attempt is claimed no more');
});

till('an unclear authorisation is looked into at once when it is wanted no more', async (its) => {
  await its.insert(asked(1));
  await its.claim('unsent');
  const unclear = await its.store(
    asked(1),
    { kind: 'attempt-settled', key: key(1), outcome: 'UNKNOWN', code: 'timeout' },
    { kind: 'outcome-unknown' },
  );
  assert.deepEqual(await its.claim('sent'), []);
  const cancelled = await its.store(unclear, { kind: 'cancel-wished' });
  await its.database.transaction((tx) => its.hasten(tx, cancelled));
  const [job] = await its.claim('sent');
  assert.deepEqual([job?.key, job?.cancelling], [key(1), true]);
});

till('a provider’s event is noted once', async (its) => {
  const note = (id: string) =>
    its.database.transaction((tx) =>
      its.insertWebhook(tx, { id, type: 'payment_intent.succeeded', paymentId: undefined }),
    );
  assert.deepEqual([await note('evt_1'), await note('evt_1'), await note('evt_2')], [true, false, true]);
});
