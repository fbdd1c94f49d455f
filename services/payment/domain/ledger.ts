import type { Change, Payment } from './payment.ts';

/** The ledger's accounts; the meanings are those of the contract's LedgerEntry.Account. */
export const accounts = [
  'RECEIVABLE',
  'AUTHORISED',
  'PROVIDER_BALANCE',
  'REVENUE',
  'REFUNDS',
  'OWED_TO_CUSTOMERS',
] as const;

/** One of `accounts`. */
export type Account = (typeof accounts)[number];

/** A line of a ledger transaction, in minor units. Debits are positive, credits negative. */
export type Posting = { readonly account: Account; readonly amount: bigint };

/**
 * What a change writes into the ledger, as one transaction whose postings sum to zero; nothing when no money moved.
 * `payment` is the payment before the change.
 *
 * A hold covers what the customer owes for as long as it lasts (AUTHORISED against RECEIVABLE). Capturing ends the
 * hold in full, whatever part of it is taken, and earns what is taken (PROVIDER_BALANCE against REVENUE). A refund that
 * comes back is no revenue again: the customer is owed it.
 */
export function postings(payment: Payment, change: Change): readonly Posting[] {
  switch (change.kind) {
    case 'authorised':
      return hold(payment.amount);
    case 'captured':
      return [...hold(-payment.authorised), ...moved('PROVIDER_BALANCE', 'REVENUE', change.amount)];
    case 'voided':
    case 'expired':
      return hold(-payment.authorised);
    case 'refunded-in-part':
    case 'refunded-in-full':
      return moved('REFUNDS', 'PROVIDER_BALANCE', change.amount);
    case 'refund-returned':
      return moved('PROVIDER_BALANCE', 'OWED_TO_CUSTOMERS', change.amount);
    case 'declined':
    case 'outcome-unknown':
    case 'capture-failed':
    case 'nothing-held':
    case 'cancel-wished':
    case 'attempt-opened':
    case 'attempt-settled':
      return [];
    default:
      return change satisfies never;
  }
}

function hold(amount: bigint): readonly Posting[] {
  return moved('AUTHORISED', 'RECEIVABLE', amount);
}

function moved(debit: Account, credit: Account, amount: bigint): readonly Posting[] {
  return amount === 0n
    ? []
    : [
        { account: debit, amount },
        { account: credit, amount: -amount },
      ];
}
