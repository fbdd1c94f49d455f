import type { Shop } from '../testing/sound-shop.ts';

/** A way to break one invariant, which its check must see. */
export type Sabotage = {
  /** The invariant that breaks. */
  readonly id: string;
  /** What was done. */
  readonly what: string;
  /** Does it to a sound shop. */
  readonly damage: (shop: Shop) => void;
  /** What a counterexample must say. */
  readonly says: RegExp;
};
