import { cancelIntent, captureIntent, createIntent, type Done, invalid, refundIntent } from './bank.ts';
import { type Script, scriptOf } from './cards.ts';
import { amountField, type Form, objectField } from './form.ts';
import type { LedgerIndex } from './ledger-index.ts';

/** A request that changes something, as read: what it does, and the card whose script it follows. */
export type Operation = {
  readonly script: Script | undefined;
  /** Whether it asks the card for money, so that the script's answers apply. */
  readonly confirms: boolean;
  readonly run: () => Done;
};

/** The operation that a POST asks for; undefined when the path is none. `created` is in seconds since 1970. */
export function readOperation(
  index: LedgerIndex,
  path: string,
  form: Form,
  created: number,
): Operation | undefined {
  if (path === '/v1/payment_intents') {
    return creation(form, created);
  }
  if (path === '/v1/refunds') {
    return refunding(index, form, created);
  }
  const match = /^\/v1\/payment_intents\/(pi_[0-9a-f]+)\/(capture|cancel)$/.exec(path);
  if (match === null) {
    return undefined;
  }
  const [, id = '', verb] = match;
  const intent = index.intent(id);
  const script = scriptOf(intent?.payment_method ?? null);
  const run = () => {
    if (intent === undefined) {
      return noSuch('payment_intent');
    }
    return verb === 'capture'
      ? captureIntent(intent, amountField(form, 'amount_to_capture'), script)
      : cancelIntent(intent, form.get('cancellation_reason'));
  };
  return { script, confirms: false, run };
}

function creation(form: Form, created: number): Operation {
  const amount = amountField(form, 'amount');
  const currency = form.get('currency');
  const token = form.get('payment_method') ?? null;
  const confirms = form.get('confirm') === 'true';
  const script = confirms ? scriptOf(token) : undefined;
  const run = () => {
    if (amount === undefined || !(amount > 0)) {
      return invalid('parameter_invalid_integer', 'The amount is a whole number above zero.', 'amount');
    }
    if (currency === undefined || !/^[a-z]{3}$/.test(currency)) {
      return invalid('parameter_missing', 'The currency is three letters.', 'currency');
    }
    if (confirms && (script === undefined || token === null)) {
      return noSuch('payment_method');
    }
    const card = script === undefined || token === null ? undefined : { token, script };
    return createIntent({ amount, currency, metadata: objectField(form, 'metadata'), card, created });
  };
  return { script, confirms, run };
}

function refunding(index: LedgerIndex, form: Form, created: number): Operation {
  const intent = index.intent(form.get('payment_intent') ?? '');
  const run = () => {
    if (intent === undefined) {
      return noSuch('payment_intent');
    }
    const refunded = index
      .refundsOf(intent.id)
      .filter(({ status }) => status === 'succeeded')
      .reduce((sum, refund) => sum + refund.amount, 0);
    const amount = amountField(form, 'amount');
    return refundIntent(intent, refunded, { amount, metadata: objectField(form, 'metadata'), created });
  };
  return { script: scriptOf(intent?.payment_method ?? null), confirms: false, run };
}

function noSuch(what: string): Done {
  return invalid('resource_missing', `There is no such ${what}.`, what);
}
