import { create } from '@bufbuild/protobuf';
import { status } from '@grpc/grpc-js';
import { Fulfilment_Method } from '#gen/shopverse/order/v1/order_pb.ts';
import {
  CancelOrderRequestSchema,
  ConfirmDeliveryRequestSchema,
  CreateShipmentRequestSchema,
  OrderService,
  PlaceOrderRequestSchema,
  type PlaceOrderResponse,
} from '#gen/shopverse/order/v1/order_service_pb.ts';
import { PaymentService, RefundPaymentRequestSchema } from '#gen/shopverse/payment/v1/payment_service_pb.ts';
import { RpcError } from '#platform/errors/rpc-error.ts';
import type { Call } from '#platform/rpc/bind.ts';
import type { Coupon } from '../../../services/cart/domain/coupon.ts';
import type { StoredCart } from '../../../services/cart/ports.ts';
import type { Shelf } from '../../../services/inventory/domain/shelf.ts';
import type { CartQuote, CartQuotes } from '../../../services/order/ports.ts';
import { nobody } from '../engine/scheduler.ts';
import { shelfKey } from '../memory/inventory/reservations.ts';
import type { OrderRow } from '../memory/order/order-store.ts';
import type { PaymentRow } from '../memory/payment/rows.ts';
import type { MemoryServer } from '../memory/server.ts';
import { cards } from './provider.ts';
import type { Replicas } from './replicas.ts';
import { asProcess, type ServiceName, type World } from './world.ts';

/** What a customer asked for, and what came back in the end. */
export type Placement = {
  readonly userId: string;
  readonly requestId: string;
  readonly cartId: string;
  /** The order's id once it was answered, a refusal's reason, or undefined while nothing is known. */
  answer: { readonly orderId: string } | { readonly refused: string } | undefined;
  /** Whether some call had no answer: it may have been carried out all the same, then or later. */
  doubtful: boolean;
  /** Every order that any of the answers spoke of. */
  readonly orderIds: Set<string>;
};

type Outcome<A> =
  | { readonly kind: 'answer'; readonly answer: A }
  | { readonly kind: 'refusal'; readonly reason: string }
  | { readonly kind: 'nothing' };

type Cart = {
  readonly userId: string;
  readonly lines: { sku: string; quantity: number }[];
  readonly coupon: string | undefined;
};

const unitPrice = 250n;
const couponOff = 100n;

/** The shop's stock and coupons, its customers and its staff: what they have and what they do, as the seed says. */
export class Shop {
  readonly placements: Placement[] = [];
  readonly initialStock = new Map<string, number>();
  readonly #world: World;
  readonly #carts = new Map<string, Cart>();
  #replicas: Replicas | undefined;
  readonly #couponsWanted: number;
  #busy = 0;

  constructor(world: World) {
    this.#world = world;
    this.#couponsWanted = world.chance.shop.pick([0.2, 0.4, 0.9]);
    this.#stock();
  }

  /** Whether nobody waits for an answer any more. */
  isIdle(): boolean {
    return this.#busy === 0;
  }

  /** The cart service, as the order service asks it for a price. */
  readonly quotes: CartQuotes = {
    quote: async (cartId, userId): Promise<CartQuote | { kind: 'no-such-cart' }> => {
      await this.#world.scheduler.sleep(this.#world.latency());
      const cart = this.#carts.get(cartId);
      if (cart === undefined || cart.userId !== userId) {
        return { kind: 'no-such-cart' };
      }
      return {
        kind: 'quoted',
        currency: 'USD',
        etag: cartId,
        lines: cart.lines.map((line) => ({
          ...line,
          title: line.sku,
          categoryPath: [],
          unitPrice,
          discount: 0n,
          unavailable: false,
        })),
        discount: cart.coupon === undefined ? 0n : couponOff,
        couponCode: cart.coupon,
      };
    },
  };

  /** Lets customers come in over `withinMs`. */
  open(replicas: Replicas, withinMs: number): void {
    this.#replicas = replicas;
    const { shop } = this.#world.chance;
    const users = Array.from({ length: 1 + shop.below(3) }, () => this.#world.uuid());
    const orders = 1 + shop.below(4);
    // Now and then all come at once.
    const within = shop.chance(0.3) ? 30 : withinMs;
    const opens = shop.between(0, withinMs / 2);
    for (let number = 0; number < orders; number++) {
      this.#world.scheduler.after(
        within === withinMs ? shop.between(0, within) : opens + shop.between(0, within),
        () => void this.#visit(shop.pick(users)),
        nobody,
      );
    }
  }

  #stock(): void {
    const { chance, servers } = this.#world;
    for (const sku of ['tea', 'jam']) {
      for (const [priority, locationId] of ['front', 'back'].entries()) {
        const onHand = chance.shop.below(4);
        const shelf: Shelf = { sku, locationId, priority, onHand, reserved: 0, restockThreshold: 2 };
        seed(servers.inventory, 'stock', shelfKey(shelf), shelf);
        this.initialStock.set(sku, (this.initialStock.get(sku) ?? 0) + onHand);
      }
    }
    const coupon: Coupon = {
      code: 'SPRING',
      benefit: { kind: 'amount', minorUnits: couponOff },
      redemptionLimit: 1 + chance.shop.below(2),
      perUserLimit: chance.shop.below(2),
      minimumSubtotal: 0n,
      expireTime: undefined,
      heldCount: 0,
      redeemedCount: 0,
    };
    seed(servers.cart, 'coupon', coupon.code, coupon);
  }

  /** One customer from a filled cart to the end, and what the staff does about the order. */
  async #visit(userId: string): Promise<void> {
    const { shop } = this.#world.chance;
    this.#busy++;
    const placement = this.#fillCart(userId);
    const request = create(PlaceOrderRequestSchema, {
      requestId: placement.requestId,
      source: { case: 'cartId', value: placement.cartId },
      paymentMethodToken: shop.chance(0.6) ? 'pm_good' : shop.pick(Object.keys(cards)),
      fulfilment: {
        method: shop.chance(0.7) ? Fulfilment_Method.DELIVERY : Fulfilment_Method.COUNTER,
      },
    });
    const place = () =>
      this.#ask<PlaceOrderResponse>('order', 'placeOrder', request, { userId, roles: [] }, placement);
    const twice = shop.chance(0.2) ? place() : undefined;
    await place();
    await twice;
    if (placement.answer !== undefined && 'orderId' in placement.answer) {
      await this.#afterwards(placement.answer.orderId, userId);
    }
    this.#busy--;
  }

  #fillCart(userId: string): Placement {
    const { chance, servers } = this.#world;
    const { shop } = chance;
    const cartId = this.#world.uuid();
    const lines = [{ sku: shop.pick(['tea', 'jam']), quantity: 1 + shop.below(2) }];
    if (shop.chance(0.4)) {
      // Now and then the same again, as another line.
      lines.push({ sku: shop.pick(['tea', 'jam']), quantity: 1 });
    }
    const coupon = shop.chance(this.#couponsWanted) ? 'SPRING' : undefined;
    this.#carts.set(cartId, { userId, lines, coupon });
    const now = new Date(this.#world.scheduler.now);
    const cart: StoredCart = {
      cartId,
      userId,
      couponCode: coupon,
      version: 0n,
      lines: lines.slice(0, 1),
      expireTime: now,
      createTime: now,
      updateTime: now,
    };
    seed(servers.cart, 'cart', cartId, cart);
    const placement: Placement = {
      userId,
      requestId: this.#world.uuid(),
      cartId,
      answer: undefined,
      doubtful: false,
      orderIds: new Set(),
    };
    this.placements.push(placement);
    return placement;
  }

  /** Cancels, ships, delivers and pays back, each or none. */
  async #afterwards(orderId: string, userId: string): Promise<void> {
    const { shop } = this.#world.chance;
    const { scheduler } = this.#world;
    const staff = { userId: this.#world.uuid(), roles: ['support', 'warehouse', 'admin'] };
    const requestId = () => this.#world.uuid();
    const what = shop.below(10);
    await scheduler.sleep(shop.between(0, 5_000), nobody);
    if (what < 2) {
      const request = create(CancelOrderRequestSchema, { requestId: requestId(), orderId });
      await this.#ask('order', 'cancelOrder', request, what === 0 ? { userId, roles: [] } : staff);
    } else if (what < 5) {
      await this.#whenPaid(orderId);
      const shipment = create(CreateShipmentRequestSchema, {
        requestId: requestId(),
        orderId,
        carrier: 'post',
        trackingNumber: '1',
      });
      const sent = await this.#ask<{ shipmentId: string }>('order', 'createShipment', shipment, staff);
      if (sent !== undefined && shop.chance(0.7)) {
        const delivered = { requestId: requestId(), orderId, shipmentId: sent.shipmentId };
        await this.#ask('order', 'confirmDelivery', create(ConfirmDeliveryRequestSchema, delivered), staff);
      }
    } else if (what < 7) {
      await this.#whenPaid(orderId);
      // Two people may mean the same refund.
      const twice = shop.chance(0.4) ? this.#refund(orderId, staff) : undefined;
      await this.#refund(orderId, staff);
      await twice;
    }
  }

  async #refund(orderId: string, staff: Call['caller']): Promise<void> {
    const { servers, chance } = this.#world;
    const payment = servers.payment.rows<PaymentRow>('payment').find(({ order_id }) => order_id === orderId);
    if (payment !== undefined) {
      const request = create(RefundPaymentRequestSchema, {
        requestId: this.#world.uuid(),
        paymentId: payment.payment_id,
        reason: 'broken',
        ...(chance.shop.chance(0.5) ? {} : { amount: { currencyCode: 'USD', minorUnits: 100n } }),
      });
      await this.#ask('payment', 'refundPayment', request, staff);
    }
  }

  /** Waits until the payment was captured, for a while. */
  async #whenPaid(orderId: string): Promise<void> {
    const { servers, scheduler, chance } = this.#world;
    const eager = chance.shop.chance(0.5);
    for (let tries = 0; tries < 20; tries++) {
      const payment = servers.payment.rows<PaymentRow>('payment').find((row) => row.order_id === orderId);
      const order = servers.order.rows<OrderRow>('orders').find((row) => row.order.orderId === orderId);
      if (eager ? payment?.state === 'CAPTURED' : order?.order.state === 'PAID') {
        return;
      }
      await scheduler.sleep(eager ? 20 + tries * 30 : 1_000, nobody);
    }
  }

  /** Asks some replica, again with the same request id until there is an answer, which may be a refusal. */
  async #ask<A>(
    service: ServiceName,
    method: string,
    request: unknown,
    caller: Call['caller'],
    placement?: Placement,
  ): Promise<A | undefined> {
    const { scheduler, chance } = this.#world;
    for (;;) {
      const outcome = await this.#once<A>(service, method, request, caller);
      if (outcome.kind === 'answer') {
        const { order } = outcome.answer as { order?: { orderId: string } };
        if (placement !== undefined && order !== undefined) {
          placement.answer = { orderId: order.orderId };
          placement.orderIds.add(order.orderId);
        }
        return outcome.answer;
      }
      if (outcome.kind === 'refusal') {
        if (placement !== undefined) {
          placement.answer ??= { refused: outcome.reason };
        }
        return undefined;
      }
      if (placement !== undefined) {
        placement.doubtful = true;
      }
      await scheduler.sleep(chance.shop.between(200, 1_500), nobody);
    }
  }

  #once<A>(
    service: ServiceName,
    method: string,
    request: unknown,
    caller: Call['caller'],
  ): Promise<Outcome<A>> {
    const there = this.#replicas?.running(service);
    const { scheduler } = this.#world;
    if (there === undefined) {
      return Promise.resolve({ kind: 'nothing' });
    }
    const { life, running } = there;
    const methods = service === 'order' ? OrderService.method : PaymentService.method;
    const call: Call = {
      caller,
      method: methods[method as keyof typeof methods],
      signal: new AbortController().signal,
      deadline: new Date(scheduler.now + 4_000),
      correlationId: this.#world.uuid(),
      log: this.#world.logger(),
      metadata: () => [],
      answerMetadata: () => undefined,
    };
    return new Promise((resolve) => {
      scheduler.after(5_000, () => resolve({ kind: 'nothing' }), nobody);
      const answer = (outcome: Outcome<A>) =>
        scheduler.after(this.#world.latency(), () => resolve(outcome), nobody);
      const handle = async () => {
        try {
          answer({ kind: 'answer', answer: (await running.handlers[method]?.(request, call)) as A });
        } catch (error) {
          this.#world.note(`${method} fails: ${String(error)}`);
          answer(isRefusal(error) ? { kind: 'refusal', reason: error.reason } : { kind: 'nothing' });
        }
      };
      scheduler.after(this.#world.latency(), () => asProcess(life, () => void handle()), life);
    });
  }
}

/** Whether it was refused for good: asking again would bring the same. */
function isRefusal(error: unknown): error is RpcError {
  return error instanceof RpcError && error.code !== status.UNAVAILABLE;
}

function seed(server: MemoryServer, table: string, key: string, row: object): void {
  const rows = server.tables.get(table) ?? new Map<string, object>();
  server.tables.set(table, rows.set(key, row));
}
