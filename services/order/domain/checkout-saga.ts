import { type Edge, edges, type Guard } from './checkout-edges.ts';
import { type MessageType, type Why, whyNotTaken } from './checkout-messages.ts';
import { holding, type Participants, type Saga, undo } from './checkout-steps.ts';

/** What a message does to a checkout: it takes an edge to another saga, or changes nothing, for a reason. */
export type Next =
  | { readonly kind: 'edge'; readonly edge: Edge; readonly saga: Saga }
  | { readonly kind: 'ignored'; readonly why: Why };

/**
 * The checkout's one decision: what a message makes of a saga. Total and pure: every saga has an answer to every
 * message, so that it doesn't matter how late, how often or in which order the messages come.
 */
export function next(saga: Saga, message: MessageType): Next {
  const edge = edges.find((candidate) => takes(candidate, saga, message));
  if (edge === undefined) {
    return { kind: 'ignored', why: whyNotTaken(message, saga.state) };
  }
  const asked = edge.facts.includes('OrderCancellationStarted') ? undo(saga) : {};
  return { kind: 'edge', edge, saga: { ...saga, ...asked, ...edge.set, state: edge.to ?? saga.state } };
}

/** Whether an edge is the one that a message takes from a saga. */
export function takes(edge: Edge, saga: Saga, message: MessageType): boolean {
  return edge.on === message && edge.from.includes(saga.state) && meets(saga, edge.when);
}

function meets(saga: Saga, guard: Guard): boolean {
  return (
    among(guard.stock, saga.stock) &&
    among(guard.payment, saga.payment) &&
    among(guard.coupon, saga.coupon) &&
    (guard.method ?? saga.method) === saga.method &&
    (guard.shipped ?? saga.shipped) === saga.shipped &&
    (guard.rest === undefined || guard.rest === rest(saga, guard))
  );
}

function among<T>(allowed: readonly T[] | undefined, value: T): boolean {
  return allowed === undefined || allowed.includes(value);
}

/** Whether the participants that the guard doesn't name have all answered. */
function rest(saga: Participants, guard: Guard): 'settled' | 'awaited' {
  return holding(saga).every((participant) => guard[participant] !== undefined) ? 'settled' : 'awaited';
}
