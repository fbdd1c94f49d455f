import { analyticsInvariants } from './analytics.ts';
import { eventInvariants } from './events.ts';
import { inboxInvariants } from './inbox.ts';
import type { Invariant } from './invariant.ts';
import { ledgerInvariants } from './ledger.ts';
import { moneyInvariants } from './money.ts';
import { orderInvariants } from './orders.ts';
import { privacyInvariants } from './privacy.ts';
import { settledOrderInvariants } from './settled-orders.ts';
import { stockInvariants } from './stock.ts';

/** Every invariant that is checked, by id. */
export const invariants: readonly Invariant[] = [
  ...stockInvariants,
  ...orderInvariants,
  ...settledOrderInvariants,
  ...ledgerInvariants,
  ...moneyInvariants,
  ...eventInvariants,
  ...inboxInvariants,
  ...privacyInvariants,
  ...analyticsInvariants,
].sort((a, b) => a.id.localeCompare(b.id));
