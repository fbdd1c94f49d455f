import { type State, states } from './order-state.ts';

/** Everything that a checkout can hear: the participants' answers, the wish to cancel, and the time. */
export type MessageType =
  | 'StockReserved'
  | 'StockRejected'
  | 'StockCommitted'
  | 'StockReleased'
  | 'StockReturned'
  | 'CouponHeld'
  | 'CouponRejected'
  | 'CouponRedeemed'
  | 'CouponReturned'
  | 'PaymentAuthorised'
  | 'PaymentDeclined'
  | 'PaymentOutcomeUnknown'
  | 'PaymentCaptured'
  | 'PaymentCaptureFailed'
  | 'PaymentVoided'
  | 'PaymentRefundedInPart'
  | 'PaymentRefunded'
  | 'CustomerCancelled'
  | 'StaffCancelled'
  | Deadline;

/** The deadlines, which become messages when they pass. */
export type Deadline = 'ReserveDeadline' | 'PaymentDeadline' | 'CaptureDeadline' | 'CompensationDeadline';

/** By state, what ends the wait. A state has at most one deadline, set when it is entered. */
export const deadlineOf: { readonly [S in State]: Deadline | undefined } = {
  PLACED: 'ReserveDeadline',
  STOCK_RESERVED: 'PaymentDeadline',
  CONFIRMED: 'CaptureDeadline',
  PAID: undefined,
  FULFILLED: undefined,
  REJECTED: undefined,
  CANCELLING: 'CompensationDeadline',
  CANCELLED: undefined,
};

/** Why a message changes nothing. */
export const whys = {
  repeat: 'It was heard before, or its sender has said something later since.',
  late: 'The order is being undone or has ended; the sender has been told, undoes this too and says so.',
  unasked:
    'Nothing asked for it, and by contract it does not come here. What it may mean is settled by the deadline.',
  stands: 'The sale is done and stands.',
  met: 'What the deadline waited for has come.',
  final: 'The order is past the point where it can be cancelled.',
  already: 'The order is being cancelled, or is cancelled, already.',
} as const;

/** One of `whys`. */
export type Why = keyof typeof whys;

type ForEach<T extends readonly unknown[]> = { readonly [I in keyof T]: Why };
type ByState = ForEach<typeof states>;

/**
 * Why a message changes nothing where no edge takes it: by message, one reason for each of `states` in their order.
 * Together with the edges it gives every message an answer in every state.
 */
// biome-ignore format: a matrix is read by its columns.
export const notTaken: { readonly [M in MessageType]: ByState } = {
  //                      PLACED     STOCK_RES. CONFIRMED  PAID       FULFILLED  REJECTED   CANCELLING CANCELLED
  StockReserved:         ['repeat',  'repeat',  'repeat',  'repeat',  'repeat',  'late',    'late',    'late'],
  StockRejected:         ['unasked', 'unasked', 'unasked', 'unasked', 'unasked', 'repeat',  'repeat',  'repeat'],
  StockCommitted:        ['unasked', 'unasked', 'repeat',  'repeat',  'repeat',  'unasked', 'late',    'late'],
  StockReleased:         ['unasked', 'unasked',  'unasked', 'unasked', 'unasked', 'repeat',  'repeat',  'repeat'],
  StockReturned:         ['unasked', 'unasked', 'unasked', 'unasked', 'unasked', 'unasked', 'repeat',  'repeat'],
  CouponHeld:            ['repeat',  'repeat',  'repeat',  'repeat',  'repeat',  'unasked', 'late',    'late'],
  CouponRejected:        ['unasked', 'unasked', 'unasked', 'unasked', 'unasked', 'unasked', 'repeat',  'repeat'],
  CouponRedeemed:        ['unasked', 'unasked', 'repeat',  'repeat',  'repeat',  'unasked', 'late',    'late'],
  CouponReturned:        ['unasked', 'unasked', 'unasked', 'repeat',  'repeat',  'unasked', 'repeat',  'repeat'],
  PaymentAuthorised:     ['unasked', 'repeat',  'repeat',  'repeat',  'repeat',  'unasked', 'late',    'late'],
  PaymentDeclined:       ['unasked', 'unasked', 'unasked', 'unasked', 'unasked', 'unasked', 'repeat',  'repeat'],
  PaymentOutcomeUnknown: ['unasked', 'repeat',  'repeat',  'repeat',  'repeat',  'unasked', 'late',    'late'],
  PaymentCaptured:       ['unasked', 'unasked', 'repeat',  'repeat',  'repeat',  'unasked', 'late',    'late'],
  PaymentCaptureFailed:  ['unasked', 'unasked', 'unasked', 'unasked', 'unasked', 'unasked', 'late',    'late'],
  PaymentVoided:         ['unasked', 'unasked', 'unasked', 'unasked', 'unasked', 'unasked', 'repeat',  'repeat'],
  PaymentRefundedInPart: ['unasked', 'unasked', 'stands',  'stands',  'stands',  'unasked', 'late',    'late'],
  PaymentRefunded:       ['unasked', 'unasked', 'unasked', 'repeat',  'repeat',  'unasked', 'repeat',  'repeat'],
  CustomerCancelled:     ['final',   'final',   'final',   'final',   'final',   'final',   'already', 'already'],
  StaffCancelled:        ['final',   'final',   'final',   'final',   'final',   'final',   'already', 'already'],
  ReserveDeadline:       ['met',     'met',     'met',     'met',     'met',     'met',     'met',     'met'],
  PaymentDeadline:       ['unasked', 'met',     'met',     'met',     'met',     'met',     'met',     'met'],
  CaptureDeadline:       ['unasked', 'unasked', 'met',     'met',     'met',     'met',     'met',     'met'],
  CompensationDeadline:  ['unasked', 'unasked', 'unasked', 'unasked', 'unasked', 'unasked', 'met',     'met'],
};

/** Why a message changes nothing in a state where no edge takes it. */
export function whyNotTaken(message: MessageType, state: State): Why {
  const why = notTaken[message][states.indexOf(state)];
  if (why === undefined) {
    throw new Error(`${state} is no state`);
  }
  return why;
}
