import { isFinal } from '../domain/order-state.ts';
import type { OrderChanges, OrderReader, OrderView } from '../ports.ts';

/**
 * An order as it is now and after each change, until it is settled or the signal is aborted. Revisions only rise, so
 * the states never go backwards; changes that come quickly may be told as one. Ends at once where there is no order.
 */
export async function* watchOrder(
  { reader, changes }: { readonly reader: OrderReader; readonly changes: OrderChanges },
  first: OrderView,
  until: { readonly paid: boolean; readonly signal: AbortSignal },
): AsyncGenerator<OrderView> {
  let view: OrderView | undefined = first;
  let told = 0n;
  while (view !== undefined) {
    const { orderId, revision, state } = view.order;
    if (revision > told) {
      told = revision;
      yield view;
    }
    if (isFinal(state) || (until.paid && state === 'PAID')) {
      return;
    }
    await changes.after(orderId, told, until.signal);
    if (until.signal.aborted) {
      return;
    }
    view = await reader.view(orderId);
  }
}
