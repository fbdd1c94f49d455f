import type { OrderDb } from '../../../../services/order/adapters/tables.ts';
import type { OrderReader } from '../../../../services/order/ports.ts';
import { statement } from '../connection.ts';
import type { OrderRow } from './order-store.ts';

export function orderReader(db: OrderDb): OrderReader {
  return {
    view: (orderId) => statement(db, (memory) => memory.get<OrderRow>('orders', orderId)),
    list: () => {
      throw new Error('Lists are not simulated');
    },
    changed: (known) =>
      statement(db, (memory) =>
        memory
          .rows<OrderRow>('orders')
          .filter(({ order }) => order.revision > (known.get(order.orderId) ?? order.revision)),
      ),
    due: (now, limit) =>
      statement(db, (memory) =>
        memory
          .rows<OrderRow>('orders')
          .flatMap(({ order }) =>
            order.deadline !== undefined && order.deadline.time <= now
              ? [{ orderId: order.orderId, time: order.deadline.time.getTime() }]
              : [],
          )
          .sort((one, other) => one.time - other.time)
          .slice(0, limit)
          .map(({ orderId }) => orderId),
      ),
  };
}
