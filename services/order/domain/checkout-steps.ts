import type { State } from './order-state.ts';

/** How the goods reach the customer. */
export type Method = 'DELIVERY' | 'COUNTER';

/** A step's state: whether its participant holds something for the order now, and what undoing makes of the state. */
type Step<Name extends string> = { readonly holds: 'yes' | 'perhaps' | 'nothing'; readonly undo: Name };
type Steps<Name extends string> = { readonly [N in Name]: Step<Name> };

/** What the inventory has done for the order. */
export type Stock = 'pending' | 'reserved' | 'committed' | 'releasing' | 'rejected' | 'released' | 'returned';

/** What the payment service has done for the order. */
export type Payment =
  | 'none'
  | 'requested'
  | 'unknown'
  | 'authorised'
  | 'captured'
  | 'undoing'
  | 'declined'
  | 'voided'
  | 'refunded';

/** What the cart service has done about the order's coupon. */
export type Coupon = 'none' | 'pending' | 'held' | 'redeemed' | 'returning' | 'rejected' | 'returned';

/**
 * Each participant's steps with their compensations beside them. OrderCancellationStarted asks every participant to
 * undo, whatever it has done: what it holds, and what it may come to hold while its answer is under way.
 */
export const steps: {
  readonly stock: Steps<Stock>;
  readonly payment: Steps<Payment>;
  readonly coupon: Steps<Coupon>;
} = {
  stock: {
    pending: { holds: 'perhaps', undo: 'releasing' },
    reserved: { holds: 'yes', undo: 'releasing' },
    committed: { holds: 'yes', undo: 'releasing' },
    releasing: { holds: 'perhaps', undo: 'releasing' },
    rejected: { holds: 'nothing', undo: 'rejected' },
    released: { holds: 'nothing', undo: 'released' },
    returned: { holds: 'nothing', undo: 'returned' },
  },
  payment: {
    none: { holds: 'nothing', undo: 'none' },
    requested: { holds: 'perhaps', undo: 'undoing' },
    unknown: { holds: 'perhaps', undo: 'undoing' },
    authorised: { holds: 'yes', undo: 'undoing' },
    captured: { holds: 'yes', undo: 'undoing' },
    undoing: { holds: 'perhaps', undo: 'undoing' },
    declined: { holds: 'nothing', undo: 'declined' },
    voided: { holds: 'nothing', undo: 'voided' },
    refunded: { holds: 'nothing', undo: 'refunded' },
  },
  coupon: {
    none: { holds: 'nothing', undo: 'none' },
    pending: { holds: 'perhaps', undo: 'returning' },
    held: { holds: 'yes', undo: 'returning' },
    redeemed: { holds: 'yes', undo: 'returning' },
    returning: { holds: 'perhaps', undo: 'returning' },
    rejected: { holds: 'nothing', undo: 'rejected' },
    returned: { holds: 'nothing', undo: 'returned' },
  },
};

/** How far each participant has come. */
export type Participants = { readonly stock: Stock; readonly payment: Payment; readonly coupon: Coupon };

/** Everything that the checkout decides by. `shipped`: whether any goods have left. */
export type Saga = Participants & {
  readonly state: State;
  readonly method: Method;
  readonly shipped: boolean;
};

/** The saga of an order that is just placed. */
export function begin(order: { readonly method: Method; readonly coupon: boolean }): Saga {
  return {
    state: 'PLACED',
    stock: 'pending',
    payment: 'none',
    coupon: order.coupon ? 'pending' : 'none',
    method: order.method,
    shipped: false,
  };
}

/** What each participant is asked to become by OrderCancellationStarted. */
export function undo(saga: Participants): Participants {
  return {
    stock: steps.stock[saga.stock].undo,
    payment: steps.payment[saga.payment].undo,
    coupon: steps.coupon[saga.coupon].undo,
  };
}

/** The participants that hold something for the order, or may come to. */
export function holding(saga: Participants): (keyof Participants)[] {
  const holds = {
    stock: steps.stock[saga.stock].holds,
    payment: steps.payment[saga.payment].holds,
    coupon: steps.coupon[saga.coupon].holds,
  };
  return (['stock', 'payment', 'coupon'] as const).filter((participant) => holds[participant] !== 'nothing');
}

/** The participants whose answers the order waits for at present; none once it is settled. */
export function awaited(saga: Saga): readonly (keyof Participants)[] {
  switch (saga.state) {
    case 'PLACED':
      return holding(saga).filter((participant) => saga[participant] === 'pending');
    case 'STOCK_RESERVED':
      return ['payment'];
    case 'CONFIRMED':
      return [
        ...(saga.stock === 'committed' ? [] : ['stock' as const]),
        ...(saga.payment === 'captured' ? [] : ['payment' as const]),
      ];
    case 'CANCELLING':
      return holding(saga);
    case 'PAID':
    case 'FULFILLED':
    case 'REJECTED':
    case 'CANCELLED':
      return [];
    default:
      return saga.state satisfies never;
  }
}
