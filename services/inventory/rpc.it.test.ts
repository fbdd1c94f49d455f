import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { v4 as uuidv4, v7 as uuidv7 } from 'uuid';
import { Movement_Kind, Reservation_State } from '#gen/shopverse/inventory/v1/inventory_pb.ts';
import { InventoryService } from '#gen/shopverse/inventory/v1/inventory_service_pb.ts';
import type { Client } from '#platform/client/client.ts';
import { RpcError } from '#platform/errors/rpc-error.ts';
import { type TestMesh, testMesh } from '#platform/testing/test-mesh.ts';
import { createRpc } from './rpc.ts';
import { assertInvariants } from './testing/invariants.ts';
import { openStockroom, type Stockroom } from './testing/stockroom.ts';

let room: Stockroom;
let mesh: TestMesh;
let keeper: Client<typeof InventoryService> & { close(): void };
let nobody: typeof keeper;

before(async () => {
  room = await openStockroom(['main', 'far']);
  mesh = await testMesh(['inventory']);
  const inventory = await mesh.start('inventory', (runtime) => ({
    rpc: [createRpc({ database: room.database, clock: runtime.clock, ids: runtime.ids })],
  }));
  const token = await mesh.token({ roles: ['warehouse', 'support'] });
  keeper = mesh.outside(InventoryService, inventory.grpcPort, { token, timeoutMs: 20_000 });
  nobody = mesh.outside(InventoryService, inventory.grpcPort);
});
after(async () => {
  keeper.close();
  nobody.close();
  await mesh.close();
  await room.database.drop();
});

test('a receipt of 2,000 lines is booked once, however often it is sent', async () => {
  const lines = Array.from({ length: 2_000 }, (_, i) => ({
    sku: `bulk-${i % 1_999}`,
    quantity: 2n,
    restockThreshold: 3n,
  }));
  const request = { requestId: uuidv4(), locationId: 'main', lines };
  const answers = await Promise.all([keeper.receiveStock(request), keeper.receiveStock(request)]);
  for (const answer of answers) {
    assert.deepEqual([answer.skuCount, answer.unitCount], [1_999, 4_000n]);
  }
  const { availabilities } = await nobody.batchGetAvailability({ skus: ['bulk-1', 'nothing', 'bulk-0'] });
  assert.deepEqual(
    availabilities.map(({ sku, available }) => [sku, available]),
    [
      ['bulk-1', 2n],
      ['nothing', 0n],
      ['bulk-0', 4n],
    ],
  );
  await assertInvariants(room.database);
});

test('what is low is listed scarcest first, in pages that leave nothing out', async () => {
  const seen: string[] = [];
  let pageToken = '';
  do {
    const page = await keeper.listLowStock({ pageSize: 150, pageToken });
    seen.push(...page.stocks.map(({ sku }) => sku));
    pageToken = page.nextPageToken;
  } while (pageToken !== '');
  assert.equal(new Set(seen).size, 1_998, 'all but the one SKU that came twice');
  assert.equal(seen.length, 1_998);
  await refused(keeper.listLowStock({ pageToken: 'bm9uc2Vuc2U' }), 'PAGE_TOKEN_INVALID');
  const { nextPageToken } = await keeper.listLowStock({ pageSize: 1 });
  await refused(keeper.listMovements({ sku: 'bulk-1', pageToken: nextPageToken }), 'PAGE_TOKEN_INVALID');
});

test('a count is put right, but never below what is reserved', async () => {
  await receive('count', 10n);
  await room.reserve([{ sku: 'count', quantity: 4 }]);
  const adjust = (delta: bigint, sku = 'count', requestId = uuidv4()) =>
    keeper.adjustStock({ requestId, sku, locationId: 'main', delta, note: 'counted' });
  await refused(adjust(-7n), 'BELOW_RESERVED');
  const requestId = uuidv4();
  for (let times = 0; times < 2; times++) {
    const { stock } = await adjust(-6n, 'count', requestId);
    assert.deepEqual([stock?.onHand, stock?.reserved, stock?.available], [4n, 4n, 0n]);
  }
  await refused(adjust(-5n, 'count', requestId), 'IDEMPOTENCY_KEY_REUSED');
  await refused(adjust(1n, 'unheard-of'), 'STOCK_NOT_FOUND');
  const { movements } = await keeper.listMovements({ sku: 'count' });
  assert.deepEqual(
    movements.map(({ kind, quantity, note }) => [kind, quantity, note]),
    [
      [Movement_Kind.ADJUSTMENT, -6n, 'counted'],
      [Movement_Kind.RECEIPT, 10n, ''],
    ],
  );
  assert.deepEqual(await room.facts('count'), ['StockReceived', 'StockAdjusted', 'StockRanOut']);
  await assertInvariants(room.database);
});

test('movements page newest first', async () => {
  for (let i = 1n; i <= 5n; i++) {
    await receive('paged', i);
  }
  const seen: bigint[] = [];
  let pageToken = '';
  do {
    const page = await keeper.listMovements({ sku: 'paged', pageSize: 2, pageToken });
    seen.push(...page.movements.map(({ quantity }) => quantity));
    pageToken = page.nextPageToken;
  } while (pageToken !== '');
  assert.deepEqual(seen, [5n, 4n, 3n, 2n, 1n]);
});

test('a threshold makes a shelf low, and the same again says nothing', async () => {
  await receive('low', 5n);
  for (let times = 0; times < 2; times++) {
    const { stock } = await keeper.setRestockThreshold({
      sku: 'low',
      locationId: 'main',
      restockThreshold: 6n,
    });
    assert.equal(stock?.restockThreshold, 6n);
  }
  await receive('low', 5n);
  assert.deepEqual(await room.facts('low'), [
    'StockReceived',
    'StockRanLow',
    'StockReceived',
    'StockReplenished',
  ]);
  await refused(
    keeper.setRestockThreshold({ sku: 'low', locationId: 'far', restockThreshold: 1n }),
    'STOCK_NOT_FOUND',
  );
});

test('a reservation is shown as it is', async () => {
  await receive('shown', 5n);
  const orderId = await room.reserve([{ sku: 'shown', quantity: 2 }]);
  const active = await keeper.getReservation({ orderId });
  assert.equal(active.reservation?.state, Reservation_State.ACTIVE);
  assert.deepEqual(
    active.reservation?.lines.map(({ sku, locationId, quantity }) => [sku, locationId, quantity]),
    [['shown', 'main', 2n]],
  );
  await room.settle(orderId, 'expire');
  assert.equal((await keeper.getReservation({ orderId })).reservation?.state, Reservation_State.RELEASED);
  await refused(keeper.getReservation({ orderId: uuidv7() }), 'RESERVATION_NOT_FOUND');
});

test('a location is added once, and another one under its name is refused', async () => {
  const location = { locationId: 'depot', displayName: 'Depot', priority: 7 };
  await keeper.createLocation({ location });
  await keeper.createLocation({ location });
  await refused(keeper.createLocation({ location: { ...location, priority: 8 } }), 'LOCATION_EXISTS');
  const listed: string[] = [];
  let pageToken = '';
  do {
    const page = await keeper.listLocations({ pageSize: 2, pageToken });
    listed.push(...page.locations.map(({ locationId }) => locationId));
    pageToken = page.nextPageToken;
  } while (pageToken !== '');
  assert.deepEqual(listed, ['main', 'far', 'depot']);
  await refused(
    keeper.receiveStock({ requestId: uuidv4(), locationId: 'nowhere', lines: [{ sku: 'A', quantity: 1n }] }),
    'LOCATION_NOT_FOUND',
  );
});

test('who has no role may ask what is available, and nothing else', async () => {
  await nobody.batchGetAvailability({ skus: ['A'] });
  await assert.rejects(nobody.getStock({ sku: 'A' }), RpcError);
  await assert.rejects(nobody.listLocations({}), RpcError);
});

test('I-21 the ledger can’t be changed by the service’s own role', async () => {
  const { db } = room.database;
  await assert.rejects(db.deleteFrom('movement').execute(), /permission denied/);
  await assert.rejects(db.updateTable('movement').set({ note: 'x' }).execute(), /permission denied/);
});

function receive(sku: string, quantity: bigint) {
  return keeper.receiveStock({ requestId: uuidv4(), locationId: 'main', lines: [{ sku, quantity }] });
}

async function refused(call: Promise<unknown>, reason: string): Promise<void> {
  await assert.rejects(call, (error) => {
    assert.ok(error instanceof RpcError, String(error));
    assert.equal(error.reason, reason);
    return true;
  });
}
