import type { Tx } from '#platform/db/database.ts';
import { Together } from '#platform/db/together.ts';
import { orderEvent } from '../../../../services/order/adapters/order-events.ts';
import { toRpcError } from '../../../../services/order/adapters/refusals.ts';
import type { OrderTables } from '../../../../services/order/adapters/tables.ts';
import type { Change, Order } from '../../../../services/order/domain/order.ts';
import { unsettledStates } from '../../../../services/order/domain/order-state.ts';
import type { OrderStore, OrderView } from '../../../../services/order/ports.ts';
import { statement } from '../connection.ts';

/** An order and all that belongs to it, as the memory keeps them: one row. */
export type OrderRow = OrderView;

export const ordersTogether = new Together<OrderTables, Order, Change>({
  select: selectLocked,
  async write(tx, changes) {
    for (const change of changes) {
      await write(tx, change);
    }
  },
});

function write(tx: Tx<OrderTables>, { order, history }: Change): Promise<void> {
  return statement(tx.db, async (memory) => {
    const row = await memory.locked<OrderRow>('orders', order.orderId);
    if (row?.order.revision !== order.revision - 1n) {
      throw new Error(`Order ${order.orderId} has changed since it was read`);
    }
    memory.put('orders', order.orderId, { ...row, order, history: [...row.history, ...history] });
  });
}

function selectLocked(tx: Tx<OrderTables>, orderIds: readonly string[]) {
  return statement(tx.db, async (memory) => {
    const orders: (readonly [string, Order])[] = [];
    for (const orderId of [...new Set(orderIds)].sort()) {
      const row =
        memory.get<OrderRow>('orders', orderId) && (await memory.locked<OrderRow>('orders', orderId));
      orders.push(...(row === undefined ? [] : [[orderId, row.order] as const]));
    }
    return orders;
  });
}

export function orderStore(tx: Tx<OrderTables>): OrderStore {
  const ofOrder = (orderId: string) => statement(tx.db, (memory) => memory.get<OrderRow>('orders', orderId));
  return {
    async insert(change, lines, address) {
      const { order, history } = change;
      await statement(tx.db, async (memory) => {
        const { cartId, cartEtag } = order;
        if (cartEtag !== undefined) {
          await memory.lock('orders_cart_once', `${cartId} ${cartEtag}`);
          const rows = memory.rows<OrderRow>('orders');
          if (
            rows.some(
              (row) => row.order.cartId === cartId && row.order.cartEtag === cartEtag && isSold(row.order),
            )
          ) {
            throw toRpcError({ kind: 'cart-already-ordered' });
          }
        }
        const row: OrderRow = { order, lines, address, shipments: [], history };
        if (!(await memory.insert('orders', order.orderId, row))) {
          throw new Error(`Order ${order.orderId} is there already`);
        }
      });
      tx.append(...change.stated.map((stated) => orderEvent(stated, lines)));
    },
    lock: (orderId) => ordersTogether.lock(tx, orderId),
    async save(change) {
      const { order } = change;
      await ordersTogether.change(tx, order.orderId, order, change);
      const lines = (await ofOrder(order.orderId))?.lines ?? [];
      tx.append(...change.stated.map((stated) => orderEvent(stated, lines)));
    },
    view: ofOrder,
    insertShipment: (orderId, shipment) =>
      statement(tx.db, async (memory) => {
        const row = await memory.locked<OrderRow>('orders', orderId);
        if (row !== undefined) {
          memory.put('orders', orderId, { ...row, shipments: [...row.shipments, shipment] });
        }
      }),
    markDelivered: (shipmentId, time) =>
      statement(tx.db, async (memory) => {
        for (const row of memory.rows<OrderRow>('orders')) {
          if (row.shipments.some((shipment) => shipment.shipmentId === shipmentId)) {
            const shipments = row.shipments.map((shipment) =>
              shipment.shipmentId === shipmentId ? { ...shipment, deliverTime: time } : shipment,
            );
            const { orderId } = row.order;
            const now = await memory.locked<OrderRow>('orders', orderId);
            memory.put('orders', orderId, { ...now, shipments });
          }
        }
      }),
    countUnsettled: (userId) =>
      statement(tx.db, async (memory) => {
        await memory.lock('advisory', `user ${userId}`);
        return memory
          .rows<OrderRow>('orders')
          .filter(({ order }) => order.userId === userId && order.channel === 'ONLINE' && isUnsettled(order))
          .length;
      }),
  };
}

/** Whether it is neither undone nor being undone. */
function isSold({ state }: Order): boolean {
  return state !== 'REJECTED' && state !== 'CANCELLING' && state !== 'CANCELLED';
}

function isUnsettled({ state }: Order): boolean {
  return (unsettledStates as readonly string[]).includes(state);
}
