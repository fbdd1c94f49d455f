import type { ReservedLine } from './allocation.ts';
import type { Quantity } from './quantity.ts';
import type { Shelf } from './shelf.ts';

/**
 * What has become of an order's reservation. EXPIRED was given back because it was held for too long: the order has
 * been told, and will be undone. RELEASED was given back because the order ended.
 */
export type ReservationState = 'ACTIVE' | 'COMMITTED' | 'EXPIRED' | 'RELEASED' | 'RETURNED' | 'REJECTED';

/** Stock that is promised to an order. */
export type Reservation = {
  readonly orderId: string;
  readonly state: ReservationState;
  /** What is held, or was held last. None when it was refused. */
  readonly lines: readonly ReservedLine[];
  /** When it is given back by itself if it is still ACTIVE. */
  readonly expireTime: Date;
  /** The number of its last fact, from 1. */
  readonly sequence: number;
};

/**
 * What may be asked of a reservation. `reserve`, `commit`, `cancel` and `reject` follow from OrderPlaced,
 * OrderConfirmed, OrderCancellationStarted and OrderRejected; `expire` from the clock. `shelves` are the locked shelves
 * of every SKU that is wanted.
 */
export type Command =
  | {
      readonly kind: 'reserve';
      readonly wants: readonly Quantity[];
      readonly shelves: readonly Shelf[];
      readonly expireTime: Date;
    }
  | { readonly kind: 'commit' | 'cancel' | 'reject' | 'expire'; readonly now: Date };

/** What is done about a command. */
type Step =
  /** Take all of it or none. */
  | 'reserve'
  /** What is held is sold. */
  | 'sell'
  /** What is held is given back: the order ended. */
  | 'release'
  /** What is held is given back: it was held for too long. Not before its time. */
  | 'expire'
  /** What was sold is taken back. */
  | 'restock'
  /** Nothing is held, and the order waits to hear so. */
  | 'answer'
  /** Done before, or too late to matter. */
  | 'ignore';

/** Every state and every command: nothing is left to a default. NONE is an order that was never heard of. */
export const steps: Readonly<Record<ReservationState | 'NONE', Readonly<Record<Command['kind'], Step>>>> = {
  NONE: { reserve: 'reserve', commit: 'ignore', cancel: 'answer', reject: 'ignore', expire: 'ignore' },
  ACTIVE: { reserve: 'ignore', commit: 'sell', cancel: 'release', reject: 'release', expire: 'expire' },
  COMMITTED: { reserve: 'ignore', commit: 'ignore', cancel: 'restock', reject: 'restock', expire: 'ignore' },
  EXPIRED: { reserve: 'ignore', commit: 'ignore', cancel: 'answer', reject: 'ignore', expire: 'ignore' },
  RELEASED: { reserve: 'ignore', commit: 'ignore', cancel: 'ignore', reject: 'ignore', expire: 'ignore' },
  RETURNED: { reserve: 'ignore', commit: 'ignore', cancel: 'ignore', reject: 'ignore', expire: 'ignore' },
  REJECTED: { reserve: 'ignore', commit: 'ignore', cancel: 'answer', reject: 'ignore', expire: 'ignore' },
};
