/** What is done with every shop, cheapest first. */
export const PATHS = ['list', 'search', 'detail', 'add', 'checkout'] as const;
export type Path = (typeof PATHS)[number];

/** What one of them means, the same in every shop. */
export const MEANINGS: Readonly<Record<Path, string>> = {
  list: 'a page of ten products with prices',
  search: 'the ten best hits for a word',
  detail: 'one product with price and stock',
  add: 'one product more in the cart; every fifth begins a new cart',
  checkout:
    'two products into the cart, address, delivery, payment, until it is ordered and the payment is through',
};

/** A shop that runs and is filled, as its visitors reach it. */
export type Shop = {
  readonly name: string;
  /** How many products it holds. */
  readonly products: number;
  /** Does one of the paths once. `worker` tells apart those that do it at the same time. */
  readonly call: Readonly<Record<Path, (worker: number, number: number) => Promise<void>>>;
  /** Called before each stretch of calls, which it isn't a part of. */
  readonly prepare?: () => Promise<void>;
  /** CPU that each of its parts has used so far, in ms; parts that several shops share are in all of them. */
  cpu(): ReadonlyMap<string, number>;
  /** Its resident memory in bytes, without the parts that it shares with the others. */
  memory(): number;
  close(): Promise<void>;
};
