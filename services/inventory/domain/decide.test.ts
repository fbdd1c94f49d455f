import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decide } from './decide.ts';
import type { Command, Reservation, ReservationState } from './reservation.ts';
import type { Shelf } from './shelf.ts';

const orderId = '0199c0de-0000-7000-8000-000000000001';
const now = new Date('2026-11-23T12:00:00Z');
const line = { sku: 'A', locationId: 'main', quantity: 4 };
const shelves: readonly Shelf[] = [
  { sku: 'A', locationId: 'main', priority: 0, onHand: 10, reserved: 0, restockThreshold: 0 },
];
const commands: Readonly<Record<Command['kind'], Command>> = {
  reserve: { kind: 'reserve', wants: [{ sku: 'A', quantity: 4 }], shelves, expireTime: now },
  commit: { kind: 'commit', now },
  cancel: { kind: 'cancel', now },
  reject: { kind: 'reject', now },
  expire: { kind: 'expire', now },
};

// What every command does in every state: the next state and the fact that is told, or nothing.
const table: Readonly<Record<ReservationState | 'NONE', Readonly<Record<Command['kind'], string>>>> = {
  NONE: {
    reserve: 'ACTIVE reserved',
    commit: '',
    cancel: 'RELEASED released ORDER_CANCELLED',
    reject: '',
    expire: '',
  },
  ACTIVE: {
    reserve: '',
    commit: 'COMMITTED committed',
    cancel: 'RELEASED released ORDER_CANCELLED',
    reject: 'RELEASED released ORDER_CANCELLED',
    expire: 'EXPIRED released EXPIRED',
  },
  COMMITTED: {
    reserve: '',
    commit: '',
    cancel: 'RETURNED returned',
    reject: 'RETURNED returned',
    expire: '',
  },
  EXPIRED: {
    reserve: '',
    commit: '',
    cancel: 'RELEASED released ORDER_CANCELLED',
    reject: '',
    expire: '',
  },
  RELEASED: { reserve: '', commit: '', cancel: '', reject: '', expire: '' },
  RETURNED: { reserve: '', commit: '', cancel: '', reject: '', expire: '' },
  REJECTED: {
    reserve: '',
    commit: '',
    cancel: 'RELEASED released ORDER_CANCELLED',
    reject: '',
    expire: '',
  },
};

for (const [state, row] of Object.entries(table)) {
  for (const [kind, expected] of Object.entries(row)) {
    test(`${kind} on ${state}: ${expected || 'nothing'}`, () => {
      const current = state === 'NONE' ? undefined : reservation(state as ReservationState);
      const decision = decide(orderId, current, commands[kind as Command['kind']]);
      const { fact } = decision ?? {};
      const words = [decision?.reservation.state, fact?.kind, fact?.kind === 'released' ? fact.reason : ''];
      assert.equal(words.join(' ').trim(), expected);
      assert.equal(decision?.reservation.sequence ?? 4, current === undefined && decision ? 1 : 4);
    });

    test(`${kind} on ${state} again has no second effect`, () => {
      const current = state === 'NONE' ? undefined : reservation(state as ReservationState);
      const command = commands[kind as Command['kind']];
      const first = decide(orderId, current, command);
      if (first !== undefined) {
        assert.equal(decide(orderId, first.reservation, command), undefined);
      }
    });
  }
}

test('a reservation is not given back before its time', () => {
  const early: Command = { kind: 'expire', now: new Date(now.getTime() - 1) };
  assert.equal(decide(orderId, reservation('ACTIVE'), early), undefined);
});

test('what is sold leaves both figures', () => {
  const sale = decide(orderId, reservation('ACTIVE'), commands.commit);
  assert.deepEqual(sale?.changes, [{ sku: 'A', locationId: 'main', onHand: -4, reserved: -4 }]);
  assert.deepEqual(sale?.movements, [{ ...line, kind: 'SALE', quantity: -4 }]);
});

test('what is taken back is on hand and free again', () => {
  const back = decide(orderId, reservation('COMMITTED'), commands.cancel);
  assert.deepEqual(back?.changes, [{ sku: 'A', locationId: 'main', onHand: 4, reserved: 0 }]);
  assert.deepEqual(back?.movements, [{ ...line, kind: 'RETURN', quantity: 4 }]);
});

test('what is answered without being held moves nothing', () => {
  for (const current of [undefined, reservation('EXPIRED'), reservation('REJECTED')]) {
    const answer = decide(orderId, current, commands.cancel);
    assert.deepEqual([answer?.changes, answer?.movements], [[], []]);
  }
});

function reservation(state: ReservationState): Reservation {
  return { orderId, state, lines: [line], expireTime: now, sequence: 3 };
}
