import type { LedgerIndex } from './ledger-index.ts';

/** What a GET of the API is answered with; undefined when there is no such thing. */
export function answerQuery(index: LedgerIndex, url: URL): object | undefined {
  if (url.pathname === '/v1/payment_intents/search') {
    const query = url.searchParams.get('query') ?? '';
    const [, paymentId] = /^metadata\['payment_id'\]:'([^']*)'$/.exec(query) ?? [];
    return paymentId === undefined ? undefined : list('search_result', url, index.intentsOf(paymentId));
  }
  if (url.pathname === '/v1/refunds') {
    return list('list', url, index.refundsOf(url.searchParams.get('payment_intent') ?? ''));
  }
  const [, id] = /^\/v1\/payment_intents\/(pi_[0-9a-f]+)$/.exec(url.pathname) ?? [];
  return id === undefined ? undefined : index.intent(id);
}

function list(object: 'list' | 'search_result', url: URL, data: readonly object[]): object {
  return { object, url: url.pathname, has_more: false, data };
}
