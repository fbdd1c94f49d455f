import type { Behaviour } from './domain/batch.ts';

/** A visit, and who is signed in. */
export type Visit = { readonly sessionId: string; readonly userId: string };

/** Where behaviour events are kept. */
export type BehaviourLog<F> = {
  /**
   * Resolves `written` when every event is kept by all in-sync replicas. `full`: as many as may wait are on their way, and
   * nothing of this batch was taken. `unavailable`: a part of it may have been written.
   */
  append(visit: Visit, events: readonly Behaviour<F>[]): Promise<Appended>;
};

/** What became of a batch. */
export type Appended =
  | { readonly kind: 'written' }
  | { readonly kind: 'full'; readonly retryAfterMs: number }
  | { readonly kind: 'unavailable'; readonly retryAfterMs: number };
