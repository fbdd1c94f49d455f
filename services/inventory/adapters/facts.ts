import type { MessageInitShape } from '@bufbuild/protobuf';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import {
  type InventoryEvent,
  InventoryEventSchema,
  StockReleased_Reason,
} from '#gen/shopverse/inventory/v1/inventory_events_pb.ts';
import { type DomainEvent, domainEvent } from '#platform/events/domain-event.ts';
import type { ReservedLine } from '../domain/allocation.ts';
import type { ReservationFact } from '../domain/decide.ts';
import type { LevelFact } from '../domain/level.ts';
import type { Reservation } from '../domain/reservation.ts';

type Event = Exclude<MessageInitShape<typeof InventoryEventSchema>, InventoryEvent>['event'];

/** A fact about an order's reservation, keyed by the order. */
export function reservationEvent(reservation: Reservation, fact: ReservationFact): DomainEvent {
  return domainEvent(
    InventoryEventSchema,
    { id: reservation.orderId, sequence: reservation.sequence },
    { event: reservationFact(reservation.orderId, fact) },
  );
}

/** A fact about a SKU's level, keyed by the SKU. */
export function levelEvent(fact: LevelFact, sequence: bigint): DomainEvent {
  return domainEvent(InventoryEventSchema, { id: fact.sku, sequence }, { event: levelFact(fact) });
}

function reservationFact(orderId: string, fact: ReservationFact): NonNullable<Event> {
  switch (fact.kind) {
    case 'reserved':
      return {
        case: 'reserved',
        value: {
          orderId,
          lines: fact.lines.map(toReservedLine),
          expireTime: timestampFromDate(fact.expireTime),
        },
      };
    case 'rejected':
      return { case: 'rejected', value: { orderId, shortages: fact.shortages.map(toShortage) } };
    case 'committed':
      return { case: 'committed', value: { orderId } };
    case 'released':
      return { case: 'released', value: { orderId, reason: StockReleased_Reason[fact.reason] } };
    case 'returned':
      return { case: 'returned', value: { orderId } };
    default:
      return fact satisfies never;
  }
}

function levelFact(fact: LevelFact): NonNullable<Event> {
  const { sku, locationId } = fact;
  switch (fact.kind) {
    case 'received':
      return {
        case: 'received',
        value: { sku, locationId, quantity: BigInt(fact.quantity), onHand: BigInt(fact.onHand) },
      };
    case 'adjusted':
      return {
        case: 'adjusted',
        value: { sku, locationId, delta: BigInt(fact.delta), onHand: BigInt(fact.onHand) },
      };
    case 'ranLow':
      return {
        case: 'ranLow',
        value: {
          sku,
          locationId,
          available: BigInt(fact.available),
          restockThreshold: BigInt(fact.restockThreshold),
        },
      };
    case 'ranOut':
      return { case: 'ranOut', value: { sku, locationId } };
    case 'replenished':
      return { case: 'replenished', value: { sku, locationId, available: BigInt(fact.available) } };
    default:
      return fact satisfies never;
  }
}

/** A part of a reservation, as messages say it. */
export function toReservedLine(line: ReservedLine) {
  return { sku: line.sku, locationId: line.locationId, quantity: BigInt(line.quantity) };
}

function toShortage(short: { sku: string; requested: number; available: number }) {
  return { sku: short.sku, requested: BigInt(short.requested), available: BigInt(short.available) };
}
