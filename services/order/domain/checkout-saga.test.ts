import assert from 'node:assert/strict';
import { test } from 'node:test';
import { edges } from './checkout-edges.ts';
import { deadlineOf, type MessageType, notTaken, whys } from './checkout-messages.ts';
import { next, takes } from './checkout-saga.ts';
import { begin, type Coupon, holding, type Payment, type Saga, type Stock, steps } from './checkout-steps.ts';
import { isFinal, type State, states, transition } from './order-state.ts';

const messages = Object.keys(notTaken) as MessageType[];
const beginnings = [true, false].flatMap((coupon) =>
  (['DELIVERY', 'COUNTER'] as const).map((method) => begin({ method, coupon })),
);
const keyOf = (saga: Saga) => JSON.stringify(saga);

/** Every saga that any sequence of messages leads to, whether participants keep to their contracts or not. */
const reachable = explore();

function explore(): readonly Saga[] {
  const found = new Map(beginnings.map((saga) => [keyOf(saga), saga]));
  for (const saga of found.values()) {
    for (const message of messages) {
      const step = next(saga, message);
      if (step.kind === 'edge') {
        found.set(keyOf(step.saga), step.saga);
      }
    }
    if (saga.state === 'PAID') {
      found.set(keyOf({ ...saga, shipped: true }), { ...saga, shipped: true });
    }
  }
  return [...found.values()];
}

/** Every saga that the types allow, reachable or not. */
function* product(): Generator<Saga> {
  for (const state of states) {
    for (const stock of Object.keys(steps.stock) as Stock[]) {
      for (const payment of Object.keys(steps.payment) as Payment[]) {
        for (const coupon of Object.keys(steps.coupon) as Coupon[]) {
          for (const shipped of [false, true]) {
            yield { state, stock, payment, coupon, method: 'DELIVERY', shipped };
            yield { state, stock, payment, coupon, method: 'COUNTER', shipped };
          }
        }
      }
    }
  }
}

test('every saga that the types allow has one answer to every message: one edge, or a reason', () => {
  for (const saga of product()) {
    for (const message of messages) {
      const fitting = edges.filter((edge) => takes(edge, saga, message));
      assert.ok(fitting.length <= 1, `${keyOf(saga)} ${message}: ${fitting.map((edge) => edge.name)}`);
      const step = next(saga, message);
      if (step.kind === 'ignored') {
        assert.ok(step.why in whys, `${keyOf(saga)} ${message}`);
      }
    }
  }
});

test('every edge is taken by some reachable saga, and has a name of its own', () => {
  const taken = new Set(reachable.flatMap((saga) => messages.map((message) => edgeOf(saga, message))));
  for (const edge of edges) {
    assert.ok(taken.has(edge.name), `nothing reaches "${edge.name}"`);
  }
  assert.equal(new Set(edges.map((edge) => edge.name)).size, edges.length);
});

function edgeOf(saga: Saga, message: MessageType): string | undefined {
  const step = next(saga, message);
  return step.kind === 'edge' ? step.edge.name : undefined;
}

test('I-12 the facts of each edge are a path of the declared state machine', () => {
  for (const edge of edges) {
    for (const from of edge.from) {
      const to = edge.facts.reduce<State>((state, fact) => transition(state, fact), from);
      assert.equal(to, edge.to ?? from, edge.name);
    }
  }
});

test('an edge that ends an order otherwise says why, and no other does', () => {
  for (const edge of edges) {
    const ends = edge.facts.some((fact) => fact === 'OrderRejected' || fact === 'OrderCancellationStarted');
    assert.equal(edge.reason !== undefined, ends, edge.name);
  }
});

test('a repeat of the message just taken changes nothing', () => {
  for (const saga of reachable) {
    for (const message of messages.filter((each) => each !== 'CompensationDeadline')) {
      const step = next(saga, message);
      if (step.kind === 'edge') {
        assert.equal(next(step.saga, message).kind, 'ignored', `${step.edge.name}, twice`);
      }
    }
  }
});

test('a final state is left by no message', () => {
  for (const saga of reachable.filter(({ state }) => isFinal(state))) {
    for (const message of messages) {
      const step = next(saga, message);
      assert.ok(step.kind === 'ignored' || step.saga.state === saga.state, `${saga.state} ${message}`);
    }
  }
});

test('I-14 CONFIRMED means authorised, PAID and FULFILLED mean captured and committed', () => {
  for (const saga of reachable) {
    if (saga.state === 'CONFIRMED') {
      assert.ok(['authorised', 'captured'].includes(saga.payment), keyOf(saga));
      assert.ok(['reserved', 'committed'].includes(saga.stock), keyOf(saga));
    }
    if (saga.state === 'PAID' || saga.state === 'FULFILLED') {
      assert.equal(saga.stock, 'committed', keyOf(saga));
      // Paid back by the staff after the sale, which leaves the sale as it is.
      assert.ok(['captured', 'refunded'].includes(saga.payment), keyOf(saga));
    }
  }
});

test('I-14 OrderPaid is stated only when the money is captured and the stock committed', () => {
  for (const saga of reachable) {
    for (const message of messages) {
      const step = next(saga, message);
      if (step.kind === 'edge' && step.edge.facts.includes('OrderPaid')) {
        assert.deepEqual([step.saga.payment, step.saga.stock], ['captured', 'committed']);
      }
    }
  }
});

test('I-15 CANCELLED and REJECTED hold nothing, and CANCELLING waits for something', () => {
  for (const saga of reachable) {
    if (saga.state === 'CANCELLED' || saga.state === 'REJECTED') {
      assert.deepEqual(holding(saga), [], keyOf(saga));
    }
    if (saga.state === 'CANCELLING') {
      assert.notDeepEqual(holding(saga), [], keyOf(saga));
    }
  }
});

test('I-16 what is held when an order is being undone is asked back: nothing is both kept and undone', () => {
  for (const saga of reachable) {
    for (const [participant, held] of [
      ['stock', ['pending', 'reserved', 'committed']],
      ['payment', ['requested', 'unknown', 'authorised', 'captured']],
      ['coupon', ['pending', 'held', 'redeemed']],
    ] as const) {
      if (['CANCELLING', 'CANCELLED', 'REJECTED'].includes(saga.state)) {
        assert.ok(!(held as readonly string[]).includes(saga[participant]), keyOf(saga));
      } else {
        assert.ok(!['releasing', 'undoing', 'returning'].includes(saga[participant]), keyOf(saga));
      }
    }
  }
});

test('I-12 from every reachable saga an end can be reached, and every wait but for fulfilment has a deadline', () => {
  const ends = new Set(reachable.filter(({ state }) => state === 'PAID' || isFinal(state)).map(keyOf));
  for (let grown = true; grown; ) {
    grown = false;
    for (const saga of reachable.filter((each) => !ends.has(keyOf(each)))) {
      const leads = messages.some((message) => {
        const step = next(saga, message);
        return step.kind === 'edge' && ends.has(keyOf(step.saga));
      });
      if (leads) {
        ends.add(keyOf(saga));
        grown = true;
      }
    }
  }
  assert.deepEqual(reachable.filter((saga) => !ends.has(keyOf(saga))).map(keyOf), []);
  for (const saga of reachable.filter(({ state }) => !isFinal(state) && state !== 'PAID')) {
    const deadline = deadlineOf[saga.state];
    assert.ok(deadline !== undefined && next(saga, deadline).kind === 'edge', keyOf(saga));
  }
});
