import type { Entry } from '../../local/replay/journal.ts';
import { type FactType, type State, transitions } from '../../services/order/domain/order-state.ts';

/** What the order service knows of what clients were told. */
export type Answered = {
  /** Each order's total in minor units and its state, by id. */
  readonly orders: ReadonlyMap<string, { readonly total: bigint; readonly state: State }>;
  /** The ids of the orders that were answered under each request id, by request id. */
  readonly answers: ReadonlyMap<string, readonly string[]>;
};

/** What a client was told of one basket, from all of its attempts. */
type Told = { total: number; requestId: string; ok: Set<string>; states: string[]; last: Entry['kind'] };

/** I-10: what the replaying clients were told and what the shop has, where these contradict. */
export function contradicted(entries: readonly Entry[], answered: Answered): string[] {
  return Array.from(toldOf(entries), ([basket, told]) => aboutBasket(basket, told, answered)).flat();
}

/** How many baskets a journal asked for. */
export function askedFor(entries: readonly Entry[]): number {
  return toldOf(entries).size;
}

function toldOf(entries: readonly Entry[]): ReadonlyMap<string, Told> {
  const baskets = new Map<string, Told>();
  for (const entry of entries) {
    const told = baskets.get(entry.basketId) ?? {
      total: 0,
      requestId: '',
      ok: new Set(),
      states: [],
      last: 'invoke',
    };
    baskets.set(entry.basketId, told);
    if (entry.kind === 'invoke') {
      Object.assign(told, { total: entry.total, requestId: entry.requestId });
    } else if (entry.kind === 'ok' || entry.kind === 'settled') {
      told.ok.add(entry.orderId);
    }
    if (entry.kind === 'settled') {
      told.states.push(entry.state);
    }
    told.last = entry.kind;
  }
  return baskets;
}

function aboutBasket(basket: string, told: Told, { orders, answers }: Answered): string[] {
  const found: string[] = [];
  const [orderId, ...others] = told.ok;
  const made = answers.get(told.requestId) ?? [];
  if (others.length > 0 || made.length > 1) {
    found.push(`basket ${basket} became several orders: ${[...new Set([...told.ok, ...made])].join(', ')}`);
  }
  if (orderId === undefined) {
    // Refused every time, so nothing may be there; where nobody knows, one order or none.
    return told.last === 'fail' && made.length > 0
      ? [...found, `basket ${basket} was refused, and there is order ${made.join(', ')}`]
      : found;
  }
  const order = orders.get(orderId);
  if (order === undefined) {
    return [...found, `basket ${basket} was accepted as ${orderId}, which isn't there`];
  }
  if (order.total !== BigInt(told.total)) {
    found.push(`basket ${basket} comes to ${told.total}, its order ${orderId} to ${order.total}`);
  }
  const back = told.states.filter((state) => isFinal(state) && state !== order.state);
  return [...found, ...back.map((state) => `${orderId} was ${state} and is ${order.state}`)];
}

function isFinal(state: string): boolean {
  return state in transitions && Object.keys(transitions[state as State]).length === 0;
}

/** Orders that went the same way: their facts and states in their order, how many they are and one of them. */
export type Path = {
  readonly facts: readonly string[];
  readonly states: readonly string[];
  readonly state: string;
  readonly orders: number;
  readonly example: string;
};

/** I-12: why a path isn't one of the declared state machine; undefined when it is. */
export function pathProblem({ facts, states, state }: Path): string | undefined {
  const [begin, ...rest] = facts;
  if (begin !== 'OrderPlaced') {
    return `begins with ${begin ?? 'nothing'}`;
  }
  const walked: State[] = ['PLACED'];
  for (const fact of rest) {
    const from = walked.at(-1) ?? 'PLACED';
    const to = transitions[from][fact as FactType];
    if (to === undefined) {
      return `has ${fact} when it is ${from}`;
    }
    walked.push(to);
  }
  if (walked.at(-1) !== state) {
    return `is ${state} though its facts lead to ${walked.at(-1)}`;
  }
  const passed = walked.filter((each, at) => each !== walked[at - 1]);
  const written = states.filter((each, at) => each !== states[at - 1]);
  return passed.join() === written.join()
    ? undefined
    : `has the history ${written.join(' ')} where its facts make ${passed.join(' ')}`;
}
