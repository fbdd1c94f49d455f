import { type Dice, diceOf } from './dice.ts';
import type { Fault } from './fault.ts';
import { faults } from './faults/catalogue.ts';

/**
 * The fault of a round, from 1 on, and the dice that it is played with; they follow from the seed and the round alone. As
 * many rounds as there are faults bring each of them once, in the seed's order, and then again in another.
 */
export function roundOf(seed: string, round: number): { readonly fault: Fault; readonly dice: Dice } {
  const deal = Math.floor((round - 1) / faults.length);
  const deck = diceOf(`${seed}/deal ${deal}`).shuffled(faults);
  const fault = deck[(round - 1) % faults.length];
  if (fault === undefined) throw new Error(`There is no round ${round}.`);
  return { fault, dice: diceOf(`${seed}/round ${round}`) };
}

/** The fault of this name. Throws with all names when there is none. */
export function faultNamed(name: string): Fault {
  const fault = faults.find((each) => each.name === name);
  if (fault === undefined) {
    throw new Error(`There is no fault "${name}". There are: ${faults.map((each) => each.name).join(', ')}.`);
  }
  return fault;
}
