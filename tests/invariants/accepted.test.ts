import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Entry } from '../../local/replay/journal.ts';
import { askedFor, contradicted, type Path, pathProblem } from './accepted.ts';

const at = { time: '2026-01-01T00:00:00.000Z', basketId: 'b' };
const invoke: Entry = { ...at, kind: 'invoke', requestId: 'r', total: 100 };
const ok: Entry = { ...at, kind: 'ok', orderId: 'o' };
const fail: Entry = { ...at, kind: 'fail', reason: 'no' };
const info: Entry = { ...at, kind: 'info', reason: 'timed out' };
const settled: Entry = { ...at, kind: 'settled', orderId: 'o', state: 'FULFILLED' };

const there = {
  orders: new Map([['o', { total: 100n, state: 'FULFILLED' as const }]]),
  answers: new Map([['r', ['o']]]),
};
const nothing = { orders: new Map(), answers: new Map<string, string[]>() };

test('I-10 holds for what was accepted and is there, refused and is not, or unknown either way', () => {
  assert.deepEqual(contradicted([invoke, ok, settled], there), []);
  assert.deepEqual(contradicted([invoke, fail], nothing), []);
  assert.deepEqual(contradicted([invoke, info], nothing), []);
  assert.deepEqual(contradicted([invoke, info], there), []);
  assert.deepEqual(contradicted([invoke, fail, invoke, ok], there), []);
  assert.equal(askedFor([invoke, fail, invoke, ok]), 1);
});

test('I-10 is seen to fail: gone, made after a refusal, made twice, of another total, gone back', () => {
  assert.match(contradicted([invoke, ok], nothing).join(), /isn't there/);
  assert.match(contradicted([invoke, fail], there).join(), /was refused, and there is order o/);
  assert.match(
    contradicted([invoke, ok, { ...ok, orderId: 'p' }], there).join(),
    /became several orders: o, p/,
  );
  assert.match(contradicted([{ ...invoke, total: 99 }, ok], there).join(), /comes to 99, its order o to 100/);
  assert.match(
    contradicted([invoke, ok, { ...settled, state: 'CANCELLED' }], there).join(),
    /was CANCELLED and is FULFILLED/,
  );
});

const path: Path = {
  facts: ['OrderPlaced', 'PaymentRequested', 'OrderConfirmed', 'OrderPaid', 'OrderShipped', 'OrderFulfilled'],
  states: ['PLACED', 'STOCK_RESERVED', 'CONFIRMED', 'PAID', 'FULFILLED'],
  state: 'FULFILLED',
  orders: 1,
  example: 'o',
};

test('I-12 holds for paths of the state machine, also where a fact leaves the state', () => {
  assert.equal(pathProblem(path), undefined);
  assert.equal(
    pathProblem({ ...path, states: [...path.states.slice(0, 4), 'PAID', 'FULFILLED'] }),
    undefined,
  );
});

test('I-12 is seen to fail: begun otherwise, an edge that isn’t, another end, another history', () => {
  assert.match(pathProblem({ ...path, facts: path.facts.slice(1) }) ?? '', /begins with PaymentRequested/);
  assert.match(
    pathProblem({ ...path, facts: ['OrderPlaced', 'OrderPaid'] }) ?? '',
    /has OrderPaid when it is PLACED/,
  );
  assert.match(
    pathProblem({ ...path, facts: path.facts.slice(0, -1) }) ?? '',
    /is FULFILLED though its facts lead to PAID/,
  );
  assert.match(
    pathProblem({ ...path, states: ['PLACED', 'FULFILLED'] }) ?? '',
    /has the history PLACED FULFILLED/,
  );
});
