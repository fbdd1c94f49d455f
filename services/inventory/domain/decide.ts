import { type Allocation, allocate, type ReservedLine, type Shortage } from './allocation.ts';
import { type Command, type Reservation, type ReservationState, steps } from './reservation.ts';
import type { ShelfChange } from './shelf.ts';

/** A fact about an order's reservation; `kind` is the fact's case in InventoryEvent. */
export type ReservationFact =
  | { readonly kind: 'reserved'; readonly lines: readonly ReservedLine[]; readonly expireTime: Date }
  | { readonly kind: 'rejected'; readonly shortages: readonly Shortage[] }
  | { readonly kind: 'committed' }
  | { readonly kind: 'released'; readonly reason: 'ORDER_CANCELLED' | 'EXPIRED' }
  | { readonly kind: 'returned' };

/** One entry of the ledger: by how many units what lies at a location changed for the order. */
type OrderMovement = {
  readonly sku: string;
  readonly locationId: string;
  readonly kind: 'SALE' | 'RETURN';
  readonly quantity: number;
};

/** Everything that a command changes, to be written in one transaction. */
export type Decision = {
  readonly reservation: Reservation;
  readonly changes: readonly ShelfChange[];
  readonly movements: readonly OrderMovement[];
  readonly fact: ReservationFact;
};

/** What a command comes to, or undefined when it changes nothing. `current` is the locked reservation, if there is one. */
export function decide(
  orderId: string,
  current: Reservation | undefined,
  command: Command,
): Decision | undefined {
  const step = steps[current?.state ?? 'NONE'][command.kind];
  const before: Reservation = current ?? {
    orderId,
    state: 'RELEASED',
    lines: [],
    expireTime: command.kind === 'reserve' ? command.expireTime : command.now,
    sequence: 0,
  };
  switch (step) {
    case 'reserve':
      return command.kind === 'reserve'
        ? taken(before, allocate(command.wants, command.shelves), command.expireTime)
        : undefined;
    case 'sell':
      return sold(before);
    case 'release':
      return givenBack(before, 'RELEASED', 'ORDER_CANCELLED');
    case 'expire':
      return command.kind === 'expire' && command.now >= before.expireTime
        ? givenBack(before, 'EXPIRED', 'EXPIRED')
        : undefined;
    case 'restock':
      return restocked(before);
    case 'answer':
      return ended(before, 'RELEASED', { kind: 'released', reason: 'ORDER_CANCELLED' });
    case 'ignore':
      return undefined;
    default:
      return step satisfies never;
  }
}

function taken(before: Reservation, allocation: Allocation, expireTime: Date): Decision {
  if (allocation.kind === 'none') {
    return ended(before, 'REJECTED', { kind: 'rejected', shortages: allocation.shortages });
  }
  const { lines } = allocation;
  return {
    ...ended({ ...before, lines, expireTime }, 'ACTIVE', { kind: 'reserved', lines, expireTime }),
    changes: lines.map((line) => change(line, 0, line.quantity)),
  };
}

function sold(before: Reservation): Decision {
  return {
    ...ended(before, 'COMMITTED', { kind: 'committed' }),
    changes: before.lines.map((line) => change(line, -line.quantity, -line.quantity)),
    movements: before.lines.map((line) => ({ ...line, kind: 'SALE', quantity: -line.quantity })),
  };
}

function givenBack(
  before: Reservation,
  state: ReservationState,
  reason: 'ORDER_CANCELLED' | 'EXPIRED',
): Decision {
  return {
    ...ended(before, state, { kind: 'released', reason }),
    changes: before.lines.map((line) => change(line, 0, -line.quantity)),
  };
}

function restocked(before: Reservation): Decision {
  return {
    ...ended(before, 'RETURNED', { kind: 'returned' }),
    changes: before.lines.map((line) => change(line, line.quantity, 0)),
    movements: before.lines.map((line) => ({ ...line, kind: 'RETURN', quantity: line.quantity })),
  };
}

/** The next state with its fact, and no stock moved. */
function ended(before: Reservation, state: ReservationState, fact: ReservationFact): Decision {
  return {
    reservation: { ...before, state, sequence: before.sequence + 1 },
    changes: [],
    movements: [],
    fact,
  };
}

function change(line: ReservedLine, onHand: number, reserved: number): ShelfChange {
  return { sku: line.sku, locationId: line.locationId, onHand, reserved };
}
