import { status } from '@grpc/grpc-js';
import type { CartService } from '#gen/shopverse/cart/v1/cart_service_pb.ts';
import type { Client } from '#platform/client/client.ts';
import { RpcError } from '#platform/errors/rpc-error.ts';
import type { CartQuotes } from '../ports.ts';
import { fromMoney } from './money-message.ts';

/** The cart service, asked over the mesh with the caller's own token. */
export function cartQuotes(carts: Pick<Client<typeof CartService>, 'quoteCart'>): CartQuotes {
  return {
    async quote(cartId, userId) {
      try {
        const { cart } = await carts.quoteCart({ cartId, userId });
        if (cart === undefined) {
          throw new Error(`The quote of cart ${cartId} has no cart`);
        }
        const { currency } = fromMoney(cart.subtotal);
        return {
          kind: 'quoted',
          currency,
          lines: cart.lines.map((line) => ({
            sku: line.sku,
            title: line.title,
            categoryPath: line.categoryPath,
            quantity: line.quantity,
            // What can't be bought may have no price.
            unitPrice: line.unitPrice?.minorUnits ?? 0n,
            discount: 0n,
            unavailable: line.unavailable || line.unitPrice === undefined,
          })),
          discount: cart.discount?.minorUnits ?? 0n,
          couponCode: cart.couponCode === '' ? undefined : cart.couponCode,
          etag: cart.etag,
        };
      } catch (error) {
        if (error instanceof RpcError && error.code === status.NOT_FOUND) {
          return { kind: 'no-such-cart' };
        }
        throw error;
      }
    },
  };
}
