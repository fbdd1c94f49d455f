import type { Fulfilment, OrderLine as LineMessage } from '#gen/shopverse/order/v1/order_pb.ts';
import { Fulfilment_Method } from '#gen/shopverse/order/v1/order_pb.ts';
import type { PlaceOrderRequest, QuotedBasket } from '#gen/shopverse/order/v1/order_service_pb.ts';
import type { TotalRefused } from '../domain/money.ts';
import type { CartQuotes } from '../ports.ts';
import type { PlaceOrder, Source } from '../usecases/place-order.ts';
import { fromMoney } from './money-message.ts';

/** A request to place an order as the wish that it is. `source` is what its cart or basket came to. */
export function fromPlaceRequest(
  request: PlaceOrderRequest,
  caller: PlaceOrder['caller'],
  source: Source,
): PlaceOrder {
  const { expectedTotal, paymentMethodToken } = request;
  return {
    caller,
    source,
    paymentMethodToken,
    ...methodAndAddress(request.fulfilment),
    expectedTotal: expectedTotal && fromMoney(expectedTotal),
  };
}

/** What a request asks for: the caller's cart, priced by the cart service, or the till's basket. */
export async function sourceOf(
  { source }: PlaceOrderRequest,
  userId: string,
  carts: CartQuotes,
): Promise<Source | TotalRefused> {
  switch (source.case) {
    case 'cartId':
      return { kind: 'cart', cartId: source.value, quote: await carts.quote(source.value, userId) };
    case 'quotedBasket':
      return fromBasket(source.value);
    case undefined:
      throw new Error('A request without a source passed validation');
    default:
      return source satisfies never;
  }
}

/** A till's basket, or why it can't be priced: a line without a price or of another currency. */
function fromBasket(basket: QuotedBasket): Source | TotalRefused {
  const currency = basket.lines[0]?.unitPrice?.currencyCode ?? '';
  const odd = basket.lines.findIndex((line) => !isIn(currency, line));
  if (odd >= 0) {
    return { kind: 'total-invalid', why: 'a basket has one currency', line: odd };
  }
  return {
    kind: 'basket',
    userId: basket.userId,
    currency,
    lines: basket.lines.map((line) => ({
      sku: line.sku,
      title: line.title,
      categoryPath: line.categoryPath,
      quantity: line.quantity,
      unitPrice: fromMoney(line.unitPrice).minorUnits,
      discount: line.discount?.minorUnits ?? 0n,
    })),
  };
}

function isIn(currency: string, { unitPrice, discount }: LineMessage): boolean {
  return (
    unitPrice?.currencyCode === currency && (discount === undefined || discount.currencyCode === currency)
  );
}

function methodAndAddress(fulfilment: Fulfilment | undefined): Pick<PlaceOrder, 'method' | 'address'> {
  const address = fulfilment?.address;
  return {
    method: fulfilment?.method === Fulfilment_Method.DELIVERY ? 'DELIVERY' : 'COUNTER',
    address: address && {
      recipient: address.recipient,
      lines: address.lines,
      city: address.city,
      postalCode: address.postalCode,
      countryCode: address.countryCode,
    },
  };
}
