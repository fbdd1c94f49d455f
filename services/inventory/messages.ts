import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import { Movement_Kind, Reservation_State } from '#gen/shopverse/inventory/v1/inventory_pb.ts';
import { toReservedLine } from './adapters/facts.ts';
import type { LocationRow, MovementRow, ReservationRow, StockRow } from './adapters/queries.ts';
import type { ReservedLine } from './domain/allocation.ts';
import type { ReservationState } from './domain/reservation.ts';

const states: Readonly<Record<ReservationState, Reservation_State>> = {
  ACTIVE: Reservation_State.ACTIVE,
  COMMITTED: Reservation_State.COMMITTED,
  EXPIRED: Reservation_State.RELEASED,
  RELEASED: Reservation_State.RELEASED,
  RETURNED: Reservation_State.RETURNED,
  REJECTED: Reservation_State.REJECTED,
};

/** A shelf as a message. */
export function toStock(row: StockRow) {
  return {
    sku: row.sku,
    locationId: row.location_id,
    onHand: row.on_hand,
    reserved: row.reserved,
    available: row.on_hand - row.reserved,
    restockThreshold: row.restock_threshold,
    updateTime: timestampFromDate(row.update_time),
  };
}

/** A reservation as a message. To the outside, one that expired was released. */
export function toReservation(row: ReservationRow, lines: readonly ReservedLine[]) {
  return {
    orderId: row.order_id,
    state: states[row.state],
    lines: lines.map(toReservedLine),
    expireTime: timestampFromDate(row.expire_time),
    createTime: timestampFromDate(row.create_time),
    updateTime: timestampFromDate(row.update_time),
  };
}

/** An entry of the ledger as a message. */
export function toMovement(row: MovementRow) {
  return {
    movementId: row.movement_id,
    sku: row.sku,
    locationId: row.location_id,
    kind: Movement_Kind[row.kind],
    quantity: row.quantity,
    orderId: row.order_id ?? '',
    note: row.note,
    createTime: timestampFromDate(row.create_time),
  };
}

/** A location as a message. */
export function toLocation(row: LocationRow) {
  return { locationId: row.location_id, displayName: row.display_name, priority: row.priority };
}
