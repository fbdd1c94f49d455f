/** How a card behaves, whatever is asked of it. */
export type Script = {
  /** `hold`: the amount is held. `swallow`: nothing is done and nothing answered. */
  readonly authorise: 'hold' | 'swallow' | { readonly decline: string };
  readonly capture: 'take' | 'fail';
  /** `late`: done at once, answered after the client has given up. `error-first`: a 500 and nothing done, then well. */
  readonly answer: 'prompt' | 'slow' | 'late' | 'error-first';
  /** `return`: the customer's bank sends each refund back a moment after it was done. */
  readonly refund: 'pay' | 'return';
  readonly webhooks: 'prompt' | 'none' | 'thrice' | 'late' | 'first' | 'reordered';
};

const good: Script = {
  authorise: 'hold',
  capture: 'take',
  refund: 'pay',
  answer: 'prompt',
  webhooks: 'prompt',
};

/** What each card does, by the token that stands for it. */
const cards: Readonly<Record<string, Script>> = {
  pm_card_visa: good,
  pm_card_mastercard: good,
  pm_card_amex: good,
  pm_card_declined: { ...good, authorise: { decline: 'generic_decline' } },
  pm_card_insufficient_funds: { ...good, authorise: { decline: 'insufficient_funds' } },
  pm_card_timeout_charged: { ...good, answer: 'late', webhooks: 'none' },
  pm_card_timeout_lost: { ...good, authorise: 'swallow' },
  pm_card_500_then_ok: { ...good, answer: 'error-first' },
  pm_card_capture_fails: { ...good, capture: 'fail' },
  pm_card_refundFail: { ...good, refund: 'return' },
  pm_card_slow: { ...good, answer: 'slow' },
  pm_card_duplicate_webhook: { ...good, webhooks: 'thrice' },
  pm_card_late_webhook: { ...good, webhooks: 'late' },
  pm_card_webhook_first: { ...good, webhooks: 'first' },
  pm_card_reordered_webhooks: { ...good, webhooks: 'reordered' },
};

/** The script of a card's token; undefined when there is no such card. */
export function scriptOf(token: string | null): Script | undefined {
  return token !== null && Object.hasOwn(cards, token) ? cards[token] : undefined;
}
