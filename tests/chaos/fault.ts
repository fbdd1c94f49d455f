import type { Dice } from './dice.ts';
import type { Stage } from './stage.ts';

/** Takes back what a fault did, where it doesn't end by itself. */
export type Heal = () => Promise<void>;

/** Something that goes wrong while orders are placed. */
export type Fault = {
  /** The row of reliability.md's table. */
  readonly row: string;
  /** Its name in reports, such as `kill order.checkout at P2`. */
  readonly name: string;
  /** Cards that the baskets of the round are paid with; a card that works where it isn't told. */
  readonly cards?: readonly string[];
  /** How long after it the services may take to come to rest; a minute where it isn't told. Milliseconds. */
  readonly quietMs?: number;
  /** Makes it go wrong. Resolves once it has begun, with how it ends. */
  inject(stage: Stage, dice: Dice): Promise<Heal>;
};

/** For a fault that ends by itself. */
export const byItself: Heal = async () => undefined;
