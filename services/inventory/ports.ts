import type { Booked } from './domain/booking.ts';
import type { Decision } from './domain/decide.ts';
import type { LevelFact } from './domain/level.ts';
import type { Reservation } from './domain/reservation.ts';
import type { Shelf } from './domain/shelf.ts';

/** An order's reservation, if there is one, and the shelves it is about; locked until the transaction ends. */
export type Held = {
  readonly reservation: Reservation | undefined;
  readonly shelves: readonly Shelf[];
};

/** Reservations within one transaction. */
export type Reservations = {
  /** Locks the shelves of `skus`, in SKU order. An existing reservation comes without its lines. */
  lockFor(orderId: string, skus: readonly string[]): Promise<Held>;
  /** Locks an order's reservation, then the shelves of its SKUs, in SKU order. */
  lockOf(orderId: string): Promise<Held>;
  /**
   * Writes a decision and states its facts: the reservation's own and those of the levels that it crossed. Throws when
   * the reservation isn't the one any more that was decided upon.
   */
  save(decision: Decision, levels: readonly LevelFact[]): Promise<void>;
  /** At most `limit` orders whose reservation is ACTIVE past its time, the longest overdue first. */
  due(now: Date, limit: number): Promise<readonly string[]>;
};

/** Shelves within one transaction. */
export type Shelves = {
  hasLocation(locationId: string): Promise<boolean>;
  /** Locks the shelves of `skus` at a location, in SKU order. A SKU that is new there has none. */
  lock(locationId: string, skus: readonly string[]): Promise<readonly Shelf[]>;
  /** Writes bookings, each on another shelf of the same location, with their ledger entries, and states their facts. */
  save(booked: readonly Booked[]): Promise<void>;
};
