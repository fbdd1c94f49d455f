/** Tokens of the payment provider's simulator that answer otherwise than one would wish, and charge once all the same. */
export const AWKWARD_CARDS = [
  'pm_card_timeout_charged',
  'pm_card_500_then_ok',
  'pm_card_slow',
  'pm_card_duplicate_webhook',
  'pm_card_late_webhook',
  'pm_card_webhook_first',
  'pm_card_reordered_webhooks',
] as const;
