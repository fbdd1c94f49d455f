import { isFinal } from '../../../services/order/domain/order-state.ts';
import type { StoredEntry } from '../memory/kernel/append.ts';
import type { DeadLetter } from '../memory/kernel/letters.ts';
import type { OrderRow } from '../memory/order/order-store.ts';
import { type AttemptRow, isOpenRow } from '../memory/payment/rows.ts';
import { type Consumed, consumed } from './consumed.ts';
import type { Shop } from './shop.ts';
import { services, type World } from './world.ts';

/** What keeps the world from being quiet; empty when nothing does. */
export function unrest(world: World, shop: Shop): readonly string[] {
  const restless: string[] = [];
  if (!shop.isIdle()) {
    restless.push('somebody waits for an answer');
  }
  for (const { order } of world.servers.order.rows<OrderRow>('orders')) {
    if (order.state !== 'PAID' && !isFinal(order.state)) {
      restless.push(`order ${order.orderId} is ${order.state}`);
    }
  }
  for (const service of services) {
    const server = world.servers[service];
    const [cursor] = server.rows<{ xid: bigint; seq: bigint }>('outbox_cursor');
    const waiting = server
      .rows<StoredEntry>('outbox')
      .filter(
        ({ xid, seq }) => xid > (cursor?.xid ?? 0n) || (xid === cursor?.xid && seq > (cursor?.seq ?? 0n)),
      );
    if (waiting.length > 0) {
      restless.push(`${service} has ${waiting.length} facts to publish`);
    }
    for (const letter of server.rows<DeadLetter>('dead_letter')) {
      if (letter.state === 'RETRYING' || letter.state === 'QUEUED') {
        restless.push(`${letter.consumer} has a letter that is ${letter.state}: ${letter.error}`);
      }
    }
  }
  for (const attempt of world.servers.payment.rows<AttemptRow>('attempt')) {
    if (isOpenRow(attempt)) {
      restless.push(`attempt ${attempt.idempotency_key} is ${attempt.outcome}`);
    }
  }
  return [...restless, ...consumed.flatMap((one) => behind(world, one))];
}

function behind(world: World, { consumer, service, topic }: Consumed): readonly string[] {
  return world.broker.partitions(topic).flatMap(({ partition, records }) => {
    const place = world.servers[service].tables
      .get('consumer_offset')
      ?.get(`${consumer}/${topic}/${partition}`) as { next_offset: bigint } | undefined;
    return Number(place?.next_offset ?? 0n) < records.length
      ? [
          `${consumer} has ${records.length} records of ${topic}/${partition}, and is at ${place?.next_offset}`,
        ]
      : [];
  });
}
