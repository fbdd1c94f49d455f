import { ErrorReason, ErrorReasonSchema } from '#gen/shopverse/inventory/v1/inventory_pb.ts';
import {
  AdjustStockResponseSchema,
  InventoryService,
  ReceiveStockResponseSchema,
} from '#gen/shopverse/inventory/v1/inventory_service_pb.ts';
import type { Database, Tx } from '#platform/db/database.ts';
import { invalidRequest, refusal } from '#platform/errors/refusal.ts';
import { idempotent } from '#platform/idempotency/idempotent.ts';
import type { Clock, Ids } from '#platform/ports.ts';
import { bind, type RpcBinding } from '#platform/rpc/bind.ts';
import { addLocation } from './adapters/locations.ts';
import { asOnlyWriter } from './adapters/one-writer.ts';
import * as queries from './adapters/queries.ts';
import { shelvesIn } from './adapters/shelves.ts';
import type { Tables } from './adapters/tables.ts';
import type { Booking } from './domain/booking.ts';
import { toLocation, toMovement, toReservation, toStock } from './messages.ts';
import { correctShelf } from './usecases/correct-shelf.ts';
import { receiveStock } from './usecases/receive-stock.ts';

/** What the methods need. */
type RpcDeps = { readonly database: Database<Tables>; readonly clock: Clock; readonly ids: Ids };

/** The inventory's methods. */
export function createRpc({ database, clock, ids }: RpcDeps): RpcBinding {
  const writer = async (tx: Tx<Tables>) => {
    await asOnlyWriter(tx);
    return shelvesIn(tx, ids, clock.now());
  };
  const correct = async (tx: Tx<Tables>, booking: Booking) => {
    const result = await correctShelf(await writer(tx), booking);
    if (result.kind !== 'corrected') {
      throw refused(result.kind, booking.sku);
    }
    const rows = await queries.stockOf(tx.db, booking.sku);
    const row = rows.find((candidate) => candidate.location_id === booking.locationId);
    return row === undefined ? {} : { stock: toStock(row) };
  };

  return bind(InventoryService, {
    batchGetAvailability: async ({ skus }) => {
      const available = await queries.availabilityOf(database.db, skus);
      return { availabilities: skus.map((sku) => ({ sku, available: available.get(sku) ?? 0n })) };
    },

    getStock: async ({ sku }) => {
      const rows = await queries.stockOf(database.db, sku);
      if (rows.length === 0) {
        throw refused('stockNotFound', sku);
      }
      return { stocks: rows.map(toStock) };
    },

    listLowStock: async ({ pageSize, pageToken }) => {
      const page = await queries.lowStock(database.db, pageSize, pageToken);
      return { stocks: page.rows.map(toStock), nextPageToken: page.nextPageToken };
    },

    receiveStock: (request, call) =>
      idempotent(database, call, request, ReceiveStockResponseSchema, async (tx) => {
        const lines = request.lines.map((line) => ({
          sku: line.sku,
          quantity: Number(line.quantity),
          restockThreshold: line.restockThreshold === undefined ? undefined : Number(line.restockThreshold),
        }));
        const received = await receiveStock(await writer(tx), { locationId: request.locationId, lines });
        if (received.kind !== 'received') {
          throw refused(received.kind, request.locationId);
        }
        return { skuCount: received.skuCount, unitCount: BigInt(received.unitCount) };
      }),

    adjustStock: (request, call) =>
      idempotent(database, call, request, AdjustStockResponseSchema, (tx) =>
        correct(tx, {
          kind: 'ADJUSTMENT',
          sku: request.sku,
          locationId: request.locationId,
          quantity: Number(request.delta),
          restockThreshold: undefined,
          note: request.note,
        }),
      ),

    setRestockThreshold: (request) =>
      database.transaction((tx) =>
        correct(tx, {
          kind: 'THRESHOLD',
          sku: request.sku,
          locationId: request.locationId,
          quantity: 0,
          restockThreshold: Number(request.restockThreshold),
          note: '',
        }),
      ),

    listMovements: async ({ sku, pageSize, pageToken }) => {
      const page = await queries.movementsOf(database.db, sku, pageSize, pageToken);
      return { movements: page.rows.map(toMovement), nextPageToken: page.nextPageToken };
    },

    getReservation: async ({ orderId }) => {
      const found = await queries.reservationOf(database.db, orderId);
      if (found === undefined) {
        throw refused('reservationNotFound', orderId);
      }
      return { reservation: toReservation(found.row, found.lines) };
    },

    listLocations: async ({ pageSize, pageToken }) => {
      const page = await queries.locations(database.db, pageSize, pageToken);
      return { locations: page.rows.map(toLocation), nextPageToken: page.nextPageToken };
    },

    createLocation: async ({ location }) => {
      if (location === undefined) {
        throw invalidRequest([{ field: 'location', description: 'must be set' }]);
      }
      const kept = await addLocation(database, {
        location_id: location.locationId,
        display_name: location.displayName,
        priority: location.priority,
        create_time: clock.now(),
      });
      if (kept === undefined) {
        throw refused('locationExists', location.locationId);
      }
      return { location: toLocation(kept) };
    },
  });
}

const refusals = {
  stockNotFound: [ErrorReason.STOCK_NOT_FOUND, 'There is no such stock record.'],
  locationNotFound: [ErrorReason.LOCATION_NOT_FOUND, 'There is no such location.'],
  reservationNotFound: [ErrorReason.RESERVATION_NOT_FOUND, 'There is no reservation for this order.'],
  belowReserved: [ErrorReason.BELOW_RESERVED, 'That would leave less than is reserved.'],
  locationExists: [ErrorReason.LOCATION_EXISTS, 'Another location has this id.'],
} as const;

function refused(kind: keyof typeof refusals, subject: string) {
  const [reason, message] = refusals[kind];
  return refusal(ErrorReasonSchema, reason, message, { metadata: { subject } });
}
