import { z } from 'zod';
import {
  CancelOrderResponseSchema,
  ConfirmDeliveryResponseSchema,
  CreateShipmentResponseSchema,
  OrderService,
  PlaceOrderResponseSchema,
} from '#gen/shopverse/order/v1/order_service_pb.ts';
import type { Database, Tx } from '#platform/db/database.ts';
import { permissionDenied } from '#platform/errors/refusal.ts';
import { failpoint } from '#platform/failpoint/failpoint.ts';
import { idempotent } from '#platform/idempotency/idempotent.ts';
import { bind, type Call, type RpcBinding, requireUser } from '#platform/rpc/bind.ts';
import { paging } from '#platform/rpc/paging.ts';
import { fromStateMessage } from './adapters/order-enums.ts';
import { toListedOrder, toOrderMessage } from './adapters/order-message.ts';
import { orderStore } from './adapters/order-store.ts';
import { orderReader } from './adapters/order-views.ts';
import { fromPlaceRequest, sourceOf } from './adapters/placing-request.ts';
import { type Refused, toRpcError } from './adapters/refusals.ts';
import type { OrderTables } from './adapters/tables.ts';
import type { CartQuotes, OrderChanges, OrderView, PlacingPolicy } from './ports.ts';
import type { AdvancingPorts } from './usecases/advance-order.ts';
import { cancelOrder } from './usecases/cancel-order.ts';
import { deliverOrder } from './usecases/deliver-order.ts';
import { placeOrder } from './usecases/place-order.ts';
import { shipOrder } from './usecases/ship-order.ts';
import { watchOrder } from './usecases/watch-order.ts';

/** What the methods need. */
export type RpcPorts = Omit<AdvancingPorts, 'orders'> & {
  readonly database: Database<OrderTables>;
  readonly carts: CartQuotes;
  readonly changes: OrderChanges;
  readonly policy: PlacingPolicy;
};

// Newest first, by id.
const orderPages = paging('orders', z.uuid());

/** The service's methods. */
export function orderRpc(ports: RpcPorts): RpcBinding {
  const { database, carts, changes, policy, surroundings, observer } = ports;
  const reader = orderReader(database.db);
  const storing = (tx: Tx<OrderTables>) => ({ orders: orderStore(tx), surroundings, observer });

  /** The order, if it is the caller's or the caller holds one of the roles. */
  const readable = async (orderId: string, call: Call, roles: readonly string[]): Promise<OrderView> => {
    const view = await reader.view(orderId);
    if (view === undefined || !(isOwn(view.order, call) || holds(call, roles))) {
      throw toRpcError({ kind: 'not-found' });
    }
    return view;
  };

  return bind(OrderService, {
    async placeOrder(request, call) {
      await failpoint('order.place', 'P1');
      const caller = { userId: requireUser(call), isTill: holds(call, ['till']) };
      const asked = sourceOf(request, caller.userId, carts);
      // No transaction is held open while the cart is priced. What failed matters only if the order isn't there yet.
      await Promise.allSettled([asked]);
      const answer = await idempotent(database, call, request, PlaceOrderResponseSchema, async (tx) => {
        const source = await asked;
        const placed =
          source.kind === 'total-invalid'
            ? source
            : await placeOrder({ ...storing(tx), policy }, fromPlaceRequest(request, caller, source));
        const { view } = accepted(placed, 'placed');
        await failpoint('order.place', 'P2');
        return { order: toOrderMessage(view) };
      });
      await failpoint('order.place', 'P3');
      return answer;
    },

    async getOrder({ orderId }, call) {
      return { order: toOrderMessage(await readable(orderId, call, ['support', 'warehouse'])) };
    },

    async listOrders({ pageSize, pageToken, userId, state }, call) {
      const filter = { userId: listedUser(userId, call), state: fromStateMessage(state) };
      const size = orderPages.size(pageSize);
      const before = orderPages.after(pageToken, filter);
      const views = await reader.list({ ...filter, before, limit: size + 1 });
      const { rows, nextPageToken } = orderPages.page(views, size, ({ order }) => order.orderId, filter);
      return { orders: rows.map(toListedOrder), nextPageToken };
    },

    async *watchOrder({ orderId, untilPaid }, call) {
      const first = await readable(orderId, call, ['support']);
      for await (const view of watchOrder(changes, first, {
        paid: untilPaid,
        signal: call.signal,
      })) {
        yield { order: toOrderMessage(view) };
      }
    },

    async cancelOrder(request, call) {
      const { order } = await readable(request.orderId, call, ['support']);
      const canceller = isOwn(order, call) ? 'CustomerCancelled' : 'StaffCancelled';
      return idempotent(database, call, request, CancelOrderResponseSchema, async (tx) => {
        const { view } = accepted(await cancelOrder(storing(tx), request.orderId, canceller), 'cancelled');
        return { order: toOrderMessage(view) };
      });
    },

    createShipment: (request, call) =>
      idempotent(database, call, request, CreateShipmentResponseSchema, async (tx) => {
        const { view, shipmentId } = accepted(await shipOrder(storing(tx), request), 'shipped');
        return { order: toOrderMessage(view), shipmentId };
      }),

    confirmDelivery: (request, call) =>
      idempotent(database, call, request, ConfirmDeliveryResponseSchema, async (tx) => {
        const { view } = accepted(await deliverOrder(storing(tx), request), 'delivered');
        return { order: toOrderMessage(view) };
      }),
  });
}

/** What a use case came to, when it came to that; throws its refusal otherwise. */
function accepted<R extends { readonly kind: string }, K extends R['kind']>(
  result: R,
  kind: K,
): Extract<R, { kind: K }> {
  if (result.kind !== kind) {
    throw toRpcError(result as unknown as Refused);
  }
  return result as Extract<R, { kind: K }>;
}

/** Whether it is the caller's: bought, or sold as a till, by them. */
function isOwn({ userId, placedBy }: OrderView['order'], { caller }: Call): boolean {
  return caller.userId !== undefined && [userId, placedBy].includes(caller.userId);
}

function holds({ caller }: Call, roles: readonly string[]): boolean {
  return caller.roles.includes('admin') || roles.some((role) => caller.roles.includes(role));
}

/** Whose orders are listed: a customer's own; for the staff those of the user they name, or everybody's. */
function listedUser(asked: string, call: Call): string | undefined {
  if (holds(call, ['support', 'warehouse'])) {
    return asked === '' ? undefined : asked;
  }
  const own = requireUser(call);
  if (asked !== '' && asked !== own) {
    throw permissionDenied();
  }
  return own;
}
