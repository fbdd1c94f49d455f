import { OrderEventSchema } from '#gen/shopverse/order/v1/order_events_pb.ts';
import { type Consumer, consumer, type Message, subscribe } from '#platform/consumer/consumer.ts';
import type { Database } from '#platform/db/database.ts';
import type { Clock, Ids } from '#platform/ports.ts';
import { asOnlyWriter } from './adapters/one-writer.ts';
import { reservationsIn } from './adapters/reservations.ts';
import type { Tables } from './adapters/tables.ts';
import { reserveStock } from './usecases/reserve-stock.ts';
import { settleReservation } from './usecases/settle-reservation.ts';

/** What reacting to orders needs. */
type ConsumerDeps = {
  readonly clock: Clock;
  readonly ids: Ids;
  /** How long stock is held for an order that isn't confirmed, in milliseconds. */
  readonly holdMs: number;
};

/** What the inventory does about orders: reserve, commit, give back. */
export function createConsumers(database: Database<Tables>, deps: ConsumerDeps): readonly Consumer[] {
  const reserve = async (order: Parameters<typeof reserveStock>[1], { tx }: Message<Tables>) => {
    const now = deps.clock.now();
    await asOnlyWriter(tx);
    await reserveStock(reservationsIn(tx, deps.ids, now), order, new Date(now.getTime() + deps.holdMs));
  };
  const settle =
    (how: 'commit' | 'cancel' | 'reject') =>
    async ({ orderId }: { orderId: string }, { tx }: Message<Tables>) => {
      const now = deps.clock.now();
      await asOnlyWriter(tx);
      await settleReservation(reservationsIn(tx, deps.ids, now), orderId, how, now);
    };
  return [
    consumer<Tables>({
      name: 'shopverse.inventory.checkout',
      step: 'inventory.checkout',
      // Shorter than usual: whoever waits to move stock waits for a batch at most.
      batchSize: 100,
      database,
      on: [
        subscribe(OrderEventSchema, {
          placed: reserve,
          confirmed: settle('commit'),
          cancellationStarted: settle('cancel'),
          rejected: settle('reject'),
        }),
      ],
    }),
  ];
}
