import type { Operation } from './attempt.ts';

/** What the workers know of an attempt when they decide what to do about it. Times in milliseconds since 1970. */
export type Standing = {
  readonly operation: Operation;
  /** Whether a call for it may have reached the provider before. */
  readonly sent: boolean;
  /** Whether the provider was just asked about it and knows of nothing. */
  readonly looked: boolean;
  /** Whether the provider said that the key was used, so that repeating only gives the first answer again. */
  readonly keyUsed: boolean;
  readonly cancelling: boolean;
  /** Until when the order waits for the authorisation. */
  readonly deadline: number;
  /** When the attempt was stored. */
  readonly created: number;
};

/**
 * What to do about an open attempt:
 * `perform` calls the provider with the attempt's own key; `find` asks what it knows; `forestall` uses the key up, so
 * that the authorisation can't take effect any more; `no-hold` gives the authorisation up without a call.
 */
export type Step = 'perform' | 'find' | 'forestall' | 'no-hold';

/** The provider keeps an idempotency key for a day; an hour less is sure. In milliseconds. */
export const keyLifetimeMs = 23 * 60 * 60 * 1000;

/**
 * The next step. A call is repeated only under the key of the first, and only while the provider is sure to know that
 * key: then nothing can happen twice. An authorisation that nobody waits for any more is never started.
 */
export function nextStep(standing: Standing, now: number): Step {
  const wanted = standing.operation !== 'AUTHORISE' || (!standing.cancelling && now < standing.deadline);
  if (!standing.sent) {
    return wanted ? 'perform' : 'no-hold';
  }
  if (!standing.looked) {
    return 'find';
  }
  if (standing.operation !== 'AUTHORISE' || standing.keyUsed) {
    // Captures, voids and refunds were just found not to have happened; a used key replays its answer.
    return 'perform';
  }
  if (now - standing.created > keyLifetimeMs) {
    return 'no-hold';
  }
  return wanted ? 'perform' : 'forestall';
}

/** How long to wait before the nth try (from 1) after an unclear answer, in milliseconds: doubling, at most 15 s. */
export function backoffMs(tries: number): number {
  return Math.min(250 * 2 ** Math.min(tries - 1, 10), 15_000);
}
