import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Attempt, newAttempt, onlyKey, refundKey } from './attempt.ts';
import { decide } from './decide.ts';
import type { Message } from './messages.ts';
import { evolve, isFact, type Payment, type State, states, transitions } from './payment.ts';
import { requested } from './request.ts';

const id = '0192f0a0-0000-7000-8000-000000000001';
const fresh = requested({ paymentId: id, orderId: 'o', userId: 'u', currency: 'USD', amount: 100n });

function attempt(operation: Attempt['operation'], outcome: Attempt['outcome'], key?: string): Attempt {
  const own = operation === 'REFUND' ? refundKey(id, 'r1') : onlyKey(id, operation);
  const amount = operation === 'REFUND' ? 60n : 100n;
  return { ...newAttempt({ key: key ?? own, operation, amount }), outcome, sent: true };
}

const held = { authorised: 100n, reference: 'pi_1', attempts: [attempt('AUTHORISE', 'SUCCEEDED')] };
const taken = { ...held, captured: 100n, attempts: [...held.attempts, attempt('CAPTURE', 'SUCCEEDED')] };
const none = { attempts: [attempt('AUTHORISE', 'FAILED')] };

/** A payment of each kind that matters: the states, and what is under way in them. */
const situations = {
  'PENDING, not sent': { ...fresh, state: 'PENDING' },
  'PENDING, sent': { ...fresh, state: 'PENDING', attempts: [attempt('AUTHORISE', 'PENDING')] },
  UNKNOWN: { ...fresh, state: 'UNKNOWN', attempts: [attempt('AUTHORISE', 'UNKNOWN')] },
  'UNKNOWN, cancelling': {
    ...fresh,
    state: 'UNKNOWN',
    cancelling: true,
    attempts: [attempt('AUTHORISE', 'UNKNOWN')],
  },
  AUTHORISED: { ...fresh, ...held, state: 'AUTHORISED' },
  'AUTHORISED, capturing': {
    ...fresh,
    ...held,
    state: 'AUTHORISED',
    attempts: [...held.attempts, attempt('CAPTURE', 'PENDING')],
  },
  'AUTHORISED, capturing, cancelling': {
    ...fresh,
    ...held,
    state: 'AUTHORISED',
    cancelling: true,
    attempts: [...held.attempts, attempt('CAPTURE', 'UNKNOWN')],
  },
  'AUTHORISED, voiding': {
    ...fresh,
    ...held,
    state: 'AUTHORISED',
    cancelling: true,
    attempts: [...held.attempts, attempt('VOID', 'PENDING')],
  },
  CAPTURED: { ...fresh, ...taken, state: 'CAPTURED' },
  'CAPTURED, refunding 60': {
    ...fresh,
    ...taken,
    state: 'CAPTURED',
    attempts: [...taken.attempts, attempt('REFUND', 'PENDING')],
  },
  'CAPTURED, refunding 60, cancelling': {
    ...fresh,
    ...taken,
    state: 'CAPTURED',
    cancelling: true,
    attempts: [
      ...taken.attempts,
      attempt('REFUND', 'PENDING'),
      { ...attempt('REFUND', 'PENDING', refundKey(id, 'cancel-2')), amount: 40n },
    ],
  },
  'CAPTURED, 60 refunded': {
    ...fresh,
    ...taken,
    state: 'CAPTURED',
    refunded: 60n,
    attempts: [...taken.attempts, attempt('REFUND', 'SUCCEEDED')],
  },
  DECLINED: { ...fresh, ...none, state: 'DECLINED', declineCode: 'generic_decline' },
  VOIDED: { ...fresh, ...held, state: 'VOIDED', cancelling: true },
  'VOIDED, never held': { ...fresh, ...none, state: 'VOIDED', cancelling: true },
  REFUNDED: { ...fresh, ...taken, state: 'REFUNDED', refunded: 100n },
  'REFUNDED, 60 of it at once': {
    ...fresh,
    ...taken,
    state: 'REFUNDED',
    refunded: 100n,
    attempts: [...taken.attempts, attempt('REFUND', 'SUCCEEDED')],
  },
  EXPIRED: { ...fresh, ...held, state: 'EXPIRED' },
} as const satisfies Record<string, Payment>;

type Situation = keyof typeof situations;

const ask = { which: 'r2', amount: 50n, currency: 'USD', reason: 'broken', requestedBy: 'support' };
const key = { authorise: onlyKey(id, 'AUTHORISE'), refund: refundKey(id, 'r1') };

const messages = {
  authorised: { kind: 'authorised', reference: 'pi_1', amount: 100n },
  declined: { kind: 'declined', code: 'no' },
  noHold: { kind: 'no-hold', code: 'gone' },
  unclear: { kind: 'unclear', key: key.authorise, code: 'ETIMEDOUT' },
  capture: { kind: 'capture-requested', amount: 100n },
  captured: { kind: 'captured', reference: 'pi_1', amount: 100n },
  notCaptured: { kind: 'capture-failed', code: 'no' },
  cancel: { kind: 'cancel-requested' },
  voided: { kind: 'voided' },
  expired: { kind: 'expired' },
  refund: { kind: 'refund-requested', refund: ask },
  refunded: { kind: 'refunded', key: key.refund },
  notRefunded: { kind: 'refund-failed', key: key.refund, code: 'no' },
} as const satisfies Record<string, Message>;

type Row = { readonly [M in keyof typeof messages]: string };

const same = '';
const settled = {
  declined: same,
  noHold: same,
  unclear: same,
  voided: same,
  expired: same,
  notCaptured: same,
  refunded: same,
  notRefunded: same,
} as const;
const notYet = {
  capture: '!not-authorised',
  refund: '!not-refundable',
  notCaptured: same,
  refunded: same,
  notRefunded: same,
} as const;

/** What each message does in each situation: facts, then +OPENED attempts, or !refusal; nothing where it says nothing. */
// biome-ignore format: a table is read by its rows.
const table: { readonly [S in Situation]: Row } = {
  'PENDING, not sent': { ...notYet, authorised: 'authorised', declined: 'declined', noHold: 'declined', unclear: 'outcome-unknown', captured: 'authorised captured', cancel: 'voided', voided: 'declined', expired: 'declined' },
  'PENDING, sent': { ...notYet, authorised: 'authorised', declined: 'declined', noHold: 'declined', unclear: 'outcome-unknown', captured: 'authorised captured', cancel: same, voided: 'declined', expired: 'declined' },
  UNKNOWN: { ...notYet, authorised: 'authorised', declined: 'declined', noHold: 'declined', unclear: same, captured: 'authorised captured', cancel: same, voided: 'declined', expired: 'declined' },
  'UNKNOWN, cancelling': { ...notYet, authorised: 'authorised +VOID', declined: 'declined', noHold: 'voided', unclear: same, captured: 'authorised captured +VOID +REFUND', cancel: same, voided: 'voided', expired: 'voided' },
  AUTHORISED: { ...settled, authorised: same, capture: '+CAPTURE', captured: 'captured', cancel: '+VOID', voided: 'voided', expired: 'expired', refund: '!not-refundable' },
  'AUTHORISED, capturing': { ...settled, authorised: same, capture: same, captured: 'captured', notCaptured: 'capture-failed', cancel: same, voided: 'voided capture-failed', expired: 'expired capture-failed', refund: '!not-refundable' },
  'AUTHORISED, capturing, cancelling': { ...settled, authorised: same, capture: same, captured: 'captured +REFUND', notCaptured: 'capture-failed +VOID', cancel: same, voided: 'voided capture-failed', expired: 'expired capture-failed', refund: '!not-refundable' },
  'AUTHORISED, voiding': { ...settled, authorised: same, capture: same, captured: 'captured +REFUND', cancel: same, voided: 'voided', expired: 'expired', refund: '!not-refundable' },
  CAPTURED: { ...settled, authorised: same, capture: same, captured: same, cancel: '+REFUND', refund: '+REFUND' },
  'CAPTURED, refunding 60': { ...settled, authorised: same, capture: same, captured: same, cancel: '+REFUND', refund: '!refund-too-large', refunded: 'refunded-in-part' },
  'CAPTURED, refunding 60, cancelling': { ...settled, authorised: same, capture: same, captured: same, cancel: same, refund: '!not-refundable', refunded: 'refunded-in-part', notRefunded: '+REFUND' },
  'CAPTURED, 60 refunded': { ...settled, authorised: same, capture: same, captured: same, cancel: '+REFUND', refund: '!refund-too-large', notRefunded: 'refund-returned' },
  DECLINED: { ...settled, authorised: 'authorised +VOID', capture: 'capture-failed', captured: same, cancel: 'nothing-held', refund: '!not-refundable' },
  VOIDED: { ...settled, authorised: same, capture: same, captured: same, cancel: 'nothing-held', refund: '!not-refundable' },
  'VOIDED, never held': { ...settled, authorised: 'authorised +VOID', capture: same, captured: same, cancel: 'nothing-held', refund: '!not-refundable' },
  REFUNDED: { ...settled, authorised: same, capture: same, captured: same, cancel: 'nothing-held', refund: '!not-refundable' },
  'REFUNDED, 60 of it at once': { ...settled, authorised: same, capture: same, captured: same, cancel: 'nothing-held', refund: '!not-refundable', notRefunded: 'refund-returned' },
  EXPIRED: { ...settled, authorised: same, capture: 'capture-failed', captured: same, cancel: 'nothing-held', refund: '!not-refundable' },
};

function told(payment: Payment, message: Message): { readonly text: string; readonly after: Payment } {
  const decision = decide(payment, message);
  if (decision.kind === 'refused') {
    return { text: `!${decision.refusal}`, after: payment };
  }
  const facts = decision.changes.filter(isFact).map((change) => change.kind);
  const opened = decision.changes.flatMap((change) =>
    change.kind === 'attempt-opened' ? [`+${change.attempt.operation}`] : [],
  );
  return { text: [...facts, ...opened].join(' '), after: decision.changes.reduce(evolve, payment) };
}

for (const situation of Object.keys(table) as Situation[]) {
  test(`${situation}: every message has its answer`, () => {
    for (const name of Object.keys(messages) as (keyof typeof messages)[]) {
      const { text } = told(situations[situation], messages[name]);
      assert.equal(text, table[situation][name], `${name} in ${situation}`);
    }
  });

  test(`${situation}: what the provider says again changes nothing`, () => {
    for (const name of [
      'authorised',
      'declined',
      'noHold',
      'captured',
      'notCaptured',
      'voided',
      'expired',
      'refunded',
      'notRefunded',
    ] as const) {
      const once = told(situations[situation], messages[name]);
      if (!once.text.startsWith('!')) {
        assert.equal(told(once.after, messages[name]).text, same, `${name} twice in ${situation}`);
      }
    }
  });
}

test('every state of the machine can be left as the table says, and no other way', () => {
  const reached = new Set<State>(['PENDING']);
  for (const state of states) {
    for (const to of Object.values(transitions[state])) {
      reached.add(to);
    }
  }
  assert.deepEqual([...reached].sort(), [...states].sort());
  assert.throws(() => evolve(situations.CAPTURED, { kind: 'voided' }), /CAPTURED can't be voided/);
});

test('an amount that was not asked for is refused, not believed', () => {
  assert.equal(told(fresh, { ...messages.authorised, amount: 99n }).text, '!amount-mismatch');
  assert.equal(told(situations.AUTHORISED, { ...messages.captured, amount: 101n }).text, '!amount-mismatch');
});

test('a refund in another currency, or the same one again', () => {
  const foreign: Message = { kind: 'refund-requested', refund: { ...ask, currency: 'EUR' } };
  assert.equal(told(situations.CAPTURED, foreign).text, '!currency-mismatch');
  const again: Message = { kind: 'refund-requested', refund: { ...ask, which: 'r1' } };
  assert.equal(told(situations['CAPTURED, refunding 60'], again).text, same);
  const rest: Message = {
    kind: 'refund-requested',
    refund: { ...ask, amount: undefined, currency: undefined },
  };
  const { after } = told(situations['CAPTURED, refunding 60'], rest);
  assert.equal(after.attempts.at(-1)?.amount, 40n);
});

test('a refund that the customer’s bank sends back is owed, once, and is no money of ours again', () => {
  const { after } = told(situations['REFUNDED, 60 of it at once'], messages.notRefunded);
  assert.deepEqual([after.state, after.captured, after.refunded, after.owed], ['REFUNDED', 100n, 100n, 60n]);
  assert.equal(after.attempts.at(-1)?.outcome, 'RETURNED');
  for (const late of [messages.refunded, messages.notRefunded]) {
    assert.equal(told(after, late).text, same);
  }
});

test('where nothing is to be paid no provider is asked', () => {
  let free = requested({ paymentId: id, orderId: 'o', userId: 'u', currency: 'USD', amount: 0n });
  const facts: string[] = [];
  for (const message of [
    { ...messages.authorised, amount: 0n, reference: '' },
    { kind: 'capture-requested', amount: 0n },
    messages.cancel,
  ] as const) {
    const { text, after } = told(free, message);
    facts.push(text);
    free = after;
  }
  assert.deepEqual(facts, ['authorised', 'captured', 'refunded-in-full']);
});
