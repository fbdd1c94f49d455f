import * as told from '../testing/sound-facts.ts';
import { rowOf, rowsOf } from '../testing/sound-shop.ts';
import type { Sabotage } from './sabotage.ts';

const shelf = (sku: string) => ({ sku, location_id: 'main' });

/** Damage to stock. */
export const stockSabotages: readonly Sabotage[] = [
  {
    id: 'I-01',
    what: 'a unit of A vanishes without a movement',
    damage: (shop) => Object.assign(rowOf(shop, 'inventory', 'stock', shelf('A')), { on_hand: 6 }),
    says: /A at main: 6 on hand, the movements sum to 7/,
  },
  {
    id: 'I-01',
    what: 'goods come in for a shelf that isn’t there',
    damage: (shop) =>
      rowsOf(shop, 'inventory', 'movement').push({ ...shelf('Z'), kind: 'RECEIPT', quantity: 2 }),
    says: /Z at main:/,
  },
  {
    id: 'I-02',
    what: 'more of B is reserved than is there',
    damage: (shop) => Object.assign(rowOf(shop, 'inventory', 'stock', shelf('B')), { reserved: 5 }),
    says: /B at main: 5 reserved of 4/,
  },
  {
    id: 'I-02',
    what: 'less than nothing of B is reserved',
    damage: (shop) => Object.assign(rowOf(shop, 'inventory', 'stock', shelf('B')), { reserved: -1 }),
    says: /B at main: -1 reserved/,
  },
  {
    id: 'I-03',
    what: 'a reservation ended and the shelf doesn’t know',
    damage: (shop) => Object.assign(rowOf(shop, 'inventory', 'stock', shelf('C')), { reserved: 1 }),
    says: /C at main: 1 reserved/,
  },
  {
    id: 'I-03',
    what: 'a reservation is active and the shelf doesn’t know',
    damage: (shop) =>
      Object.assign(rowOf(shop, 'inventory', 'reservation', { order_id: told.cancelled.order }), {
        state: 'ACTIVE',
      }),
    says: /C at main: 0 reserved, 1 in active/,
  },
  {
    id: 'I-04',
    what: 'a cancelled order’s reservation was never released',
    damage: (shop) =>
      Object.assign(rowOf(shop, 'inventory', 'reservation', { order_id: told.cancelled.order }), {
        state: 'ACTIVE',
      }),
    says: /is CANCELLED and its reservation is ACTIVE/,
  },
  {
    id: 'I-04',
    what: 'a reservation outlives its expiry',
    damage: (shop) =>
      Object.assign(rowOf(shop, 'inventory', 'reservation', { order_id: told.sold.order }), {
        state: 'ACTIVE',
      }),
    says: /s past its expiry/,
  },
  {
    id: 'I-05',
    what: 'an order is sold whose goods never left the stock',
    damage: (shop) => {
      const rows = rowsOf(shop, 'inventory', 'movement');
      rows.splice(rows.indexOf(rowOf(shop, 'inventory', 'movement', { sku: 'B', kind: 'SALE' })), 1);
    },
    says: /bought, not taken from stock: . B x1/,
  },
  {
    id: 'I-05',
    what: 'an order is refused though what it asked for lies there',
    damage: (shop) =>
      rowsOf(shop, 'inventory', 'movement').push({
        ...shelf('D'),
        kind: 'RECEIPT',
        quantity: 5,
        create_time: '2026-01-01T00:00:00Z',
      }),
    says: /was refused 1 of D, of which there were 5/,
  },
  {
    id: 'I-06',
    what: 'of two lines of A only one was reserved',
    damage: (shop) =>
      Object.assign(rowOf(shop, 'inventory', 'reservation_line', { order_id: told.sold.order, sku: 'A' }), {
        quantity: 2,
      }),
    says: /ordered .* A x3, B x1; reserved .* A x2, B x1/,
  },
  {
    id: 'I-07',
    what: 'a sale is booked twice',
    damage: (shop) =>
      rowsOf(shop, 'inventory', 'movement').push({
        ...rowOf(shop, 'inventory', 'movement', { sku: 'B', kind: 'SALE' }),
      }),
    says: /2 movements SALE 1/,
  },
  {
    id: 'I-07',
    what: 'more is sold than was reserved',
    damage: (shop) =>
      Object.assign(rowOf(shop, 'inventory', 'movement', { sku: 'B', kind: 'SALE' }), { quantity: -2 }),
    says: /SALE -2, reserved 1/,
  },
];
