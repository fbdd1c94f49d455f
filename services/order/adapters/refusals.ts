import { ErrorReason, ErrorReasonSchema } from '#gen/shopverse/order/v1/order_pb.ts';
import { notFound, refusal } from '#platform/errors/refusal.ts';
import type { RpcError } from '#platform/errors/rpc-error.ts';
import type { Money } from '../domain/money.ts';
import type { Cancelled } from '../usecases/cancel-order.ts';
import type { Delivered } from '../usecases/deliver-order.ts';
import type { PlacingRefused } from '../usecases/place-order.ts';
import type { Shipped } from '../usecases/ship-order.ts';

/** Whatever a use case refuses. */
export type Refused =
  | PlacingRefused
  | Exclude<Cancelled, { kind: 'cancelled' }>
  | Exclude<Shipped, { kind: 'shipped' }>
  | Exclude<Delivered, { kind: 'delivered' }>;

/** A use case's refusal as it is answered. */
export function toRpcError(refused: Refused): RpcError {
  switch (refused.kind) {
    case 'not-found':
      return refuse(ErrorReason.ORDER_NOT_FOUND, 'There is no such order.');
    case 'no-such-cart':
      return notFound('There is no such cart.');
    case 'cart-empty':
      return refuse(ErrorReason.CART_EMPTY, 'The cart is empty.');
    case 'cart-already-ordered':
      return refuse(ErrorReason.CART_ALREADY_ORDERED, 'This cart has been ordered already.');
    case 'unavailable':
      return refuse(ErrorReason.ITEM_UNAVAILABLE, 'Something in the cart can no longer be bought.', {
        sku: refused.sku,
      });
    case 'quote-not-allowed':
      return refuse(ErrorReason.QUOTE_NOT_ALLOWED, 'Only a till may quote its own prices.');
    case 'price-changed':
      return refuse(ErrorReason.PRICE_CHANGED, 'The total is not the expected one any more.', {
        expected: amount(refused.expected),
        actual: amount(refused.actual),
      });
    case 'too-many-open':
      return refuse(
        ErrorReason.TOO_MANY_OPEN_ORDERS,
        `At most ${refused.limit} orders can be under way at once.`,
        { limit: String(refused.limit) },
      );
    case 'total-invalid':
      return refuse(
        ErrorReason.TOTAL_INVALID,
        `This makes no total: ${refused.why}.`,
        refused.line === undefined ? {} : { line: String(refused.line) },
      );
    case 'not-cancellable':
      return refuse(ErrorReason.ORDER_NOT_CANCELLABLE, 'The order can no longer be cancelled.');
    case 'not-shippable':
      return refuse(ErrorReason.ORDER_NOT_SHIPPABLE, 'The order is not one that can be shipped now.');
    case 'too-large':
      return refuse(ErrorReason.SHIPMENT_TOO_LARGE, 'The shipment holds more than is left to send.', {
        sku: refused.sku,
      });
    case 'shipment-not-found':
      return refuse(ErrorReason.SHIPMENT_NOT_FOUND, 'There is no such shipment.');
    default:
      return refused satisfies never;
  }
}

function refuse(reason: ErrorReason, message: string, metadata: Record<string, string> = {}): RpcError {
  return refusal(ErrorReasonSchema, reason, message, { metadata });
}

function amount({ currency, minorUnits }: Money): string {
  return `${currency} ${minorUnits}`;
}
