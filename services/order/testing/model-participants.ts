import type { Message } from '../domain/checkout.ts';
import type { Money } from '../domain/money.ts';
import type { Fact } from '../domain/order.ts';

/**
 * The participants as their contracts say, for the simulation: each reads the order's facts in order, once each, and
 * answers in its own time. `choose` decides what the contract leaves open; `effects` counts what was really done.
 */
export type Participant = {
  /** Takes a fact in. Answers go to `answer`, now or at a later `stir`. */
  hear(fact: Fact): void;
  /** Does something by itself, where there is something: an expiry, a reconciliation. Says whether it did. */
  stir(): boolean;
  /** Whether it holds something for the order at present, or may. */
  holds(): boolean;
  readonly effects: Record<string, number>;
};

type Answer = (message: Message) => void;
type Choose = (name: string) => boolean;

/** Reserves, commits, releases and takes back; its reservation may expire by itself. */
export function modelInventory(answer: Answer, choose: Choose): Participant {
  let held: 'none' | 'reserved' | 'committed' = 'none';
  const effects = { reserve: 0, commit: 0, release: 0, takeBack: 0 };
  return {
    effects,
    hear(fact) {
      if (fact.type === 'OrderPlaced') {
        if (choose('out of stock')) {
          answer({ type: 'StockRejected', shortSkus: ['A'] });
          return;
        }
        held = 'reserved';
        effects.reserve++;
        answer({ type: 'StockReserved' });
      } else if (fact.type === 'OrderConfirmed' && held === 'reserved') {
        held = 'committed';
        effects.commit++;
        answer({ type: 'StockCommitted' });
      } else if (fact.type === 'OrderCancellationStarted') {
        effects.release += held === 'reserved' ? 1 : 0;
        effects.takeBack += held === 'committed' ? 1 : 0;
        answer({ type: held === 'committed' ? 'StockReturned' : 'StockReleased' });
        held = 'none';
      }
    },
    stir() {
      if (held !== 'reserved') {
        return false;
      }
      held = 'none';
      effects.release++;
      answer({ type: 'StockReleased' });
      return true;
    },
    holds: () => held !== 'none',
  };
}

/** Authorises, captures, voids and pays back; the provider may leave it in doubt, which it clears up by itself. */
export function modelPayment(answer: Answer, choose: Choose, total: Money): Participant {
  let held: 'none' | 'in doubt' | 'authorised' | 'captured' = 'none';
  let paymentId = '';
  let cancelled = false;
  const effects = { authorise: 0, capture: 0, void: 0, refund: 0 };
  const authorise = () => {
    held = 'authorised';
    effects.authorise++;
  };
  const undo = () => {
    if (held === 'captured') {
      effects.refund++;
      answer({ type: 'PaymentRefunded', paymentId, amount: total });
    } else {
      effects.void += held === 'authorised' ? 1 : 0;
      answer({ type: 'PaymentVoided', paymentId });
    }
    held = 'none';
  };
  return {
    effects,
    hear(fact) {
      if (fact.type === 'PaymentRequested') {
        paymentId = fact.paymentId;
        if (choose('in doubt')) {
          held = 'in doubt';
          answer({ type: 'PaymentOutcomeUnknown', paymentId });
        } else if (choose('declined')) {
          answer({ type: 'PaymentDeclined', paymentId });
        } else {
          authorise();
          answer({ type: 'PaymentAuthorised', paymentId, amount: total });
        }
      } else if (fact.type === 'OrderConfirmed' && held === 'authorised') {
        if (choose('capture fails')) {
          answer({ type: 'PaymentCaptureFailed', paymentId });
        } else {
          held = 'captured';
          effects.capture++;
          answer({ type: 'PaymentCaptured', paymentId, amount: total });
        }
      } else if (fact.type === 'OrderCancellationStarted' && paymentId !== '') {
        cancelled = true;
        if (held !== 'in doubt') {
          undo();
        }
      }
    },
    stir() {
      if (held !== 'in doubt') {
        return false;
      }
      if (choose('declined after all')) {
        held = 'none';
        answer({ type: 'PaymentDeclined', paymentId });
      } else {
        authorise();
        answer({ type: 'PaymentAuthorised', paymentId, amount: total });
        if (cancelled) {
          undo();
        }
      }
      return true;
    },
    holds: () => held !== 'none',
  };
}

/** Holds, redeems and gives back an order's coupon. */
export function modelCoupons(answer: Answer, choose: Choose, wanted: boolean): Participant {
  let held: 'none' | 'held' | 'redeemed' = 'none';
  const effects = { hold: 0, redeem: 0, giveBack: 0 };
  return {
    effects,
    hear(fact) {
      if (!wanted) {
        return;
      }
      if (fact.type === 'OrderPlaced') {
        if (choose('coupon spent')) {
          answer({ type: 'CouponRejected' });
          return;
        }
        held = 'held';
        effects.hold++;
        answer({ type: 'CouponHeld' });
      } else if (fact.type === 'OrderConfirmed') {
        held = 'redeemed';
        effects.redeem++;
        answer({ type: 'CouponRedeemed' });
      } else if (fact.type === 'OrderCancellationStarted') {
        effects.giveBack += held === 'none' ? 0 : 1;
        held = 'none';
        answer({ type: 'CouponReturned' });
      }
    },
    stir: () => false,
    holds: () => held !== 'none',
  };
}
