import type { Order } from '../domain/order.ts';
import { isFinal } from '../domain/order-state.ts';
import type { OrderChanges, OrderView } from '../ports.ts';

/**
 * An order as it is now and after each change, until it is settled or the signal is aborted. Revisions only rise, so
 * the states never go backwards; changes that come quickly may be told as one.
 */
export async function* watchOrder(
  changes: OrderChanges,
  first: OrderView,
  until: { readonly paid: boolean; readonly signal: AbortSignal },
): AsyncGenerator<OrderView> {
  let view: OrderView | undefined = first;
  while (view !== undefined) {
    yield view;
    const { orderId, revision, state }: Order = view.order;
    if (isFinal(state) || (until.paid && state === 'PAID')) {
      return;
    }
    view = await changes.after(orderId, revision, until.signal);
  }
}
