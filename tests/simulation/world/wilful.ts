import { CartEventSchema } from '#gen/shopverse/cart/v1/cart_events_pb.ts';
import type { Database } from '#platform/db/database.ts';
import { domainEvent } from '#platform/events/domain-event.ts';
import type { CartTables } from '../../../services/cart/adapters/tables.ts';
import type { Coupon } from '../../../services/cart/domain/coupon.ts';
import type { Hold } from '../../../services/cart/ports.ts';
import { reservationEvent } from '../../../services/inventory/adapters/facts.ts';
import type { Tables as InventoryTables } from '../../../services/inventory/adapters/tables.ts';
import type { Reservation } from '../../../services/inventory/domain/reservation.ts';
import { paymentsIn } from '../../../services/payment/adapters/payments-in.ts';
import type { PaymentTables } from '../../../services/payment/adapters/tables.ts';
import { nobody } from '../engine/scheduler.ts';
import { memoryDatabase, statement } from '../memory/connection.ts';
import type { OrderRow } from '../memory/order/order-store.ts';
import { asProcess, type Life, type World } from './world.ts';

/**
 * What the contracts allow the participants to do of their own accord, and the present ones never do: to give stock
 * back that was never reserved, to take a coupon back, to refuse it when it is redeemed, to give a payment up. The order must bear it.
 */
export class Wilful {
  readonly #world: World;
  readonly #life: Life;
  readonly #carts: Database<CartTables>;
  readonly #stock: Database<InventoryTables>;
  readonly #payments: Database<PaymentTables>;

  constructor(world: World) {
    this.#world = world;
    this.#life = {
      name: 'wilful',
      alive: true,
      stoppedUntil: 0,
      replica: { service: 'cart', instance: 'wilful', life: undefined },
      connections: new Set(),
    };
    this.#carts = this.#database('cart');
    this.#stock = this.#database('inventory');
    this.#payments = this.#database('payment');
  }

  /** Does something now and then, for so long. */
  begin(forMs: number): void {
    const { scheduler, chance } = this.#world;
    const until = scheduler.now + forMs;
    const act = () => {
      if (scheduler.now < until) {
        asProcess(
          this.#life,
          () => void this.#act().catch((error: unknown) => this.#world.note(String(error))),
        );
        scheduler.after(chance.shop.between(2, 150), act, nobody);
      }
    };
    act();
  }

  async #act(): Promise<void> {
    const { chance, servers } = this.#world;
    const orders = servers.order.rows<OrderRow>('orders');
    if (orders.length === 0) {
      return;
    }
    const { order } = chance.shop.pick(orders);
    const settled = order.state === 'PAID' || order.state === 'FULFILLED';
    const what = order.state === 'STOCK_RESERVED' && chance.shop.chance(0.5) ? 3 : chance.shop.below(3);
    if (what === 0 && order.state === 'PLACED') {
      await this.#neverReserve(order.orderId);
    } else if (what === 1) {
      await this.#changeHold(order.orderId, 'RETURNED', settled ? ['HELD', 'REDEEMED'] : ['HELD']);
    } else if (what === 2 && order.state === 'STOCK_RESERVED') {
      await this.#changeHold(order.orderId, 'REJECTED', ['HELD']);
    } else if (what === 3 && order.state === 'STOCK_RESERVED' && order.paymentId !== undefined) {
      await this.#giveUp(order.paymentId);
    }
  }

  /** Gives a payment up that nobody has asked the provider for yet. */
  async #giveUp(paymentId: string): Promise<void> {
    await this.#payments.transaction(async (tx) => {
      const applied = await paymentsIn(tx, 'simulator').apply(paymentId, { kind: 'cancel-requested' });
      if (applied.kind !== 'applied' || applied.payment.state !== 'VOIDED') {
        throw new Error('The payment is under way');
      }
      this.#world.note(`payment ${paymentId} is given up`);
    });
  }

  async #neverReserve(orderId: string): Promise<void> {
    await this.#stock.transaction(async (tx) => {
      const reservation: Reservation = {
        orderId,
        state: 'RELEASED',
        lines: [],
        expireTime: new Date(this.#world.scheduler.now),
        sequence: 1,
      };
      if (await statement(tx.db, (memory) => memory.insert('reservation', orderId, reservation))) {
        this.#world.note(`order ${orderId} will have no stock`);
        tx.append(reservationEvent(reservation, { kind: 'released', reason: 'EXPIRED' }));
      }
    });
  }

  async #changeHold(
    orderId: string,
    to: 'RETURNED' | 'REJECTED',
    from: readonly Hold['state'][],
  ): Promise<void> {
    await this.#carts.transaction(async (tx) => {
      const changed = await statement(tx.db, async (memory) => {
        const hold = await memory.locked<Hold>('coupon_hold', orderId);
        if (hold === undefined || !from.includes(hold.state)) {
          return undefined;
        }
        const coupon = await memory.locked<Coupon>('coupon', hold.code);
        if (coupon !== undefined) {
          memory.put('coupon', hold.code, {
            ...coupon,
            heldCount: coupon.heldCount - (hold.state === 'HELD' ? 1 : 0),
            redeemedCount: coupon.redeemedCount - (hold.state === 'REDEEMED' ? 1 : 0),
          });
        }
        const after = { ...hold, state: to, version: hold.version + 1n };
        memory.put('coupon_hold', orderId, after);
        return after;
      });
      if (changed !== undefined) {
        this.#world.note(`the coupon of order ${orderId} is ${to}`);
        const value = { orderId, code: changed.code };
        const aggregate = { id: orderId, sequence: changed.version };
        const kind = to === 'RETURNED' ? 'couponReturned' : 'couponRejected';
        tx.append(domainEvent(CartEventSchema, aggregate, { event: { case: kind, value } }));
      }
    });
  }

  #database<T>(service: 'cart' | 'inventory' | 'payment'): Database<T> {
    const server = this.#world.servers[service];
    const clock = { now: () => new Date(this.#world.scheduler.now) };
    const source = { service, clock, ids: { uuid: () => this.#world.uuid() } };
    return memoryDatabase<T>(server, this.#world.lineFrom(this.#life, server), source, () => {});
  }
}
