import type { Money as MoneyMessage } from '#gen/shopverse/common/v1/money_pb.ts';
import type { Money, OrderLine } from '../domain/money.ts';

/** An amount as it travels. */
export function toMoney(currency: string, minorUnits: bigint) {
  return { currencyCode: currency, minorUnits };
}

/** An amount as it came. Throws when there is none: the contract requires it where this is called. */
export function fromMoney(message: MoneyMessage | undefined): Money {
  if (message === undefined) {
    throw new Error('An amount of money is missing');
  }
  return { currency: message.currencyCode, minorUnits: message.minorUnits };
}

/** A line as it travels. */
export function toLineMessage(currency: string, line: OrderLine) {
  return {
    sku: line.sku,
    title: line.title,
    categoryPath: [...line.categoryPath],
    quantity: line.quantity,
    unitPrice: toMoney(currency, line.unitPrice),
    discount: toMoney(currency, line.discount),
    amount: toMoney(currency, line.amount),
  };
}
