/** How far an order has come, in the order of a good checkout, then the ways it ends otherwise. */
export const states = [
  'PLACED',
  'STOCK_RESERVED',
  'CONFIRMED',
  'PAID',
  'FULFILLED',
  'REJECTED',
  'CANCELLING',
  'CANCELLED',
] as const;

/** One of `states`. */
export type State = (typeof states)[number];

/** Everything that an order's history can say, by the name of its event. */
export const factTypes = [
  'OrderPlaced',
  'PaymentRequested',
  'OrderConfirmed',
  'OrderPaid',
  'OrderShipped',
  'OrderFulfilled',
  'OrderRejected',
  'OrderCancellationStarted',
  'OrderCancelled',
] as const;

/** One of `factTypes`. */
export type FactType = (typeof factTypes)[number];

/**
 * The order's state machine: by state, what each fact makes of it. A fact that isn't named for a state can't be
 * stated in it. `OrderPlaced` is how an order begins, so no state has it.
 */
export const transitions: { readonly [S in State]: { readonly [F in FactType]?: State } } = {
  PLACED: {
    PaymentRequested: 'STOCK_RESERVED',
    OrderRejected: 'REJECTED',
    OrderCancellationStarted: 'CANCELLING',
  },
  STOCK_RESERVED: { OrderConfirmed: 'CONFIRMED', OrderCancellationStarted: 'CANCELLING' },
  CONFIRMED: { OrderPaid: 'PAID', OrderCancellationStarted: 'CANCELLING' },
  PAID: { OrderShipped: 'PAID', OrderFulfilled: 'FULFILLED', OrderCancellationStarted: 'CANCELLING' },
  FULFILLED: {},
  REJECTED: {},
  CANCELLING: { OrderCancelled: 'CANCELLED' },
  CANCELLED: {},
};

/** The state that a fact leads to. Throws when the fact can't be stated in that state, which is a bug. */
export function transition(state: State, fact: FactType): State {
  const to = transitions[state][fact];
  if (to === undefined) {
    throw new Error(`An order that is ${state} can't have ${fact}`);
  }
  return to;
}

/** Whether an order of this state will change no more by the checkout: a PAID one still waits to be fulfilled. */
export function isFinal(state: State): boolean {
  return Object.keys(transitions[state]).length === 0;
}

/** The states in which the checkout holds, or may hold, something for an order that is neither sold nor undone. */
export const unsettledStates = ['PLACED', 'STOCK_RESERVED', 'CONFIRMED', 'CANCELLING'] as const;
