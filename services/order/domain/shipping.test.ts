import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { isDelivered, leftToSend, pack, type Shipment, type SkuQuantity } from './shipping.ts';

const lines = fc.array(
  fc.record({ sku: fc.constantFrom('A', 'B', 'C'), quantity: fc.integer({ min: 1, max: 9 }) }),
  { minLength: 1, maxLength: 5 },
);
const parcel = (of: readonly SkuQuantity[], deliverTime?: Date): Shipment => ({
  shipmentId: 's',
  lines: of,
  carrier: 'post',
  trackingNumber: '1',
  shipTime: new Date(0),
  deliverTime,
});
const units = (of: readonly SkuQuantity[]) => of.reduce((sum, { quantity }) => sum + quantity, 0);

test('whatever is packed, no more leaves than was ordered, and the rest can always be sent', () => {
  fc.assert(
    fc.property(lines, fc.array(lines, { maxLength: 6 }), (ordered, wishes) => {
      const shipments: Shipment[] = [];
      for (const wish of wishes) {
        const packed = pack(leftToSend(ordered, shipments), wish);
        if (packed.kind === 'packed') {
          shipments.push(parcel(packed.lines, new Date(1)));
        }
      }
      const rest = pack(leftToSend(ordered, shipments), []);
      if (rest.kind === 'packed') {
        assert.equal(isDelivered(ordered, shipments), false);
        shipments.push(parcel(rest.lines, new Date(1)));
      }
      assert.equal(units(shipments.flatMap((shipment) => shipment.lines)), units(ordered));
      assert.equal(isDelivered(ordered, shipments), true);
    }),
  );
});

test('I-06 lines that share a SKU are summed, both ordered and sent', () => {
  const ordered = [
    { sku: 'A', quantity: 2 },
    { sku: 'A', quantity: 1 },
  ];
  assert.deepEqual(leftToSend(ordered, []), [{ sku: 'A', quantity: 3 }]);
  assert.deepEqual(
    pack(leftToSend(ordered, []), [
      { sku: 'A', quantity: 2 },
      { sku: 'A', quantity: 2 },
    ]),
    { kind: 'too-large', sku: 'A' },
  );
});

test('what was not ordered, and what has left, cannot be sent', () => {
  const ordered = [{ sku: 'A', quantity: 1 }];
  assert.deepEqual(pack(leftToSend(ordered, []), [{ sku: 'B', quantity: 1 }]), {
    kind: 'too-large',
    sku: 'B',
  });
  assert.deepEqual(pack(leftToSend(ordered, [parcel(ordered)]), []), { kind: 'nothing-left' });
});

test('a parcel on its way is not delivered', () => {
  const ordered = [{ sku: 'A', quantity: 1 }];
  assert.equal(isDelivered(ordered, [parcel(ordered)]), false);
  assert.equal(isDelivered(ordered, [parcel(ordered, new Date(1))]), true);
});
