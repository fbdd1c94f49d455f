import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type Decision, decide } from './decide.ts';
import { crossings, levelOf } from './level.ts';
import { sumBySku } from './quantity.ts';
import type { Command, Reservation } from './reservation.ts';
import { available, changed, type Shelf } from './shelf.ts';

// A small shop in which orders, late answers, repeats and expiries come in any order, checked against the invariants.
type World = {
  readonly shelves: Map<string, Shelf>;
  readonly initial: Map<string, number>;
  readonly moved: Map<string, number>;
  readonly reservations: Map<string, Reservation>;
  readonly movementKeys: Set<string>;
  time: number;
};

type Action =
  | { readonly kind: 'reserve'; readonly order: string; readonly lines: { sku: string; quantity: number }[] }
  | { readonly kind: 'commit' | 'cancel' | 'reject' | 'expire'; readonly order: string }
  | { readonly kind: 'wait'; readonly seconds: number };

const skus = ['A', 'B', 'C'] as const;
const locations = [
  { locationId: 'near', priority: 0 },
  { locationId: 'far', priority: 5 },
];
const order = fc.constantFrom('o1', 'o2', 'o3', 'o4');
const action: fc.Arbitrary<Action> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('reserve' as const),
      order,
      lines: fc.array(
        fc.record({ sku: fc.constantFrom(...skus, 'unknown'), quantity: fc.integer({ min: 1, max: 8 }) }),
        { minLength: 1, maxLength: 4 },
      ),
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constantFrom('commit' as const, 'cancel' as const, 'reject' as const, 'expire' as const),
      order,
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('wait' as const), seconds: fc.integer({ min: 1, max: 20 }) }),
  },
);

test('I-01 I-02 I-03 I-05 I-06 I-07 hold after whatever comes in whatever order', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 0, max: 12 }), { minLength: 6, maxLength: 6 }),
      fc.array(action, { maxLength: 40 }),
      (figures, actions) => {
        const world = newWorld(figures);
        for (const next of actions) {
          act(world, next);
          assertInvariants(world);
        }
      },
    ),
    { numRuns: 2_000 },
  );
});

function act(world: World, next: Action): void {
  if (next.kind === 'wait') {
    world.time += next.seconds * 1000;
    return;
  }
  const shelves = [...world.shelves.values()];
  const command = commandOf(world, next, shelves);
  const before = world.reservations.get(next.order);
  const decision = decide(next.order, before, command);
  if (decision === undefined) {
    return;
  }
  assert.equal(decision.reservation.sequence, (before?.sequence ?? 0) + 1, 'facts are numbered without gaps');
  assertHonest(command, decision, shelves);
  apply(world, decision);
}

function commandOf(
  world: World,
  next: Exclude<Action, { kind: 'wait' }>,
  shelves: readonly Shelf[],
): Command {
  const now = new Date(world.time);
  return next.kind === 'reserve'
    ? {
        kind: 'reserve',
        wants: sumBySku(next.lines),
        shelves,
        expireTime: new Date(world.time + 10_000),
      }
    : { kind: next.kind, now };
}

/** I-05: refused only what can't be had, and every fact about a level is true and news. */
function assertHonest(command: Command, decision: Decision, shelves: readonly Shelf[]): void {
  if (decision.fact.kind === 'rejected') {
    assert.ok(decision.fact.shortages.length > 0);
    for (const short of decision.fact.shortages) {
      const own = shelves.filter((shelf) => shelf.sku === short.sku);
      assert.equal(
        short.available,
        own.reduce((sum, shelf) => sum + available(shelf), 0),
      );
      assert.ok(short.requested > short.available);
    }
  }
  if (command.kind === 'reserve' && decision.fact.kind === 'reserved') {
    assert.deepEqual(sumBySku(decision.reservation.lines), command.wants);
  }
  for (const fact of crossings(shelves, decision.changes)) {
    const shelf = shelves.find(({ sku, locationId }) => sku === fact.sku && locationId === fact.locationId);
    const told = { ranOut: 'OUT', ranLow: 'LOW', replenished: 'ENOUGH', received: '', adjusted: '' }[
      fact.kind
    ];
    assert.notEqual(shelf === undefined ? told : levelOf(shelf), told);
  }
}

function apply(world: World, decision: Decision): void {
  for (const change of decision.changes) {
    const key = `${change.sku}@${change.locationId}`;
    const shelf = world.shelves.get(key);
    assert.ok(shelf !== undefined);
    world.shelves.set(key, changed(shelf, change));
  }
  for (const { sku, locationId, kind, quantity } of decision.movements) {
    const key = [decision.reservation.orderId, sku, locationId, kind].join(' ');
    assert.ok(!world.movementKeys.has(key), `I-07 ${key} was booked before`);
    world.movementKeys.add(key);
    world.moved.set(`${sku}@${locationId}`, (world.moved.get(`${sku}@${locationId}`) ?? 0) + quantity);
  }
  world.reservations.set(decision.reservation.orderId, decision.reservation);
}

function assertInvariants(world: World): void {
  for (const [key, shelf] of world.shelves) {
    const promised = [...world.reservations.values()]
      .filter(({ state }) => state === 'ACTIVE')
      .flatMap(({ lines }) => lines)
      .filter(({ sku, locationId }) => `${sku}@${locationId}` === key)
      .reduce((sum, { quantity }) => sum + quantity, 0);
    assert.equal(shelf.reserved, promised, `I-03 ${key}`);
    assert.equal(shelf.onHand, (world.initial.get(key) ?? 0) + (world.moved.get(key) ?? 0), `I-01 ${key}`);
  }
}

function newWorld(figures: readonly number[]): World {
  const all = skus.flatMap((sku) => locations.map((location) => ({ sku, ...location })));
  const shelves = all.map((place, i) => ({
    ...place,
    onHand: figures[i] ?? 0,
    reserved: 0,
    restockThreshold: 3,
  }));
  const keyed = shelves.map((shelf) => [`${shelf.sku}@${shelf.locationId}`, shelf] as const);
  return {
    shelves: new Map(keyed),
    initial: new Map(keyed.map(([key, shelf]) => [key, shelf.onHand])),
    moved: new Map(),
    reservations: new Map(),
    movementKeys: new Set(),
    time: 0,
  };
}
