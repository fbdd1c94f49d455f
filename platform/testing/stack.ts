import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Where the running stack's parts are; written by the supervisor as stack.json. */
export type StackCoordinates = {
  readonly postgres: { readonly host: string; readonly port: number; readonly adminUrl: string };
  /** `brokers` is a comma-separated list of host:port. */
  readonly kafka: { readonly brokers: string };
  /** With the password of a user that sees every key. */
  readonly redis: { readonly url: string };
};

/** Reads stack.json of this state, by default $SHOPVERSE_STATE. Throws Error saying how to start the stack where there is none. */
export function stackCoordinates(state = process.env.SHOPVERSE_STATE ?? '.shopverse'): StackCoordinates {
  const path = join(state, 'stack.json');
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as StackCoordinates;
  } catch (error) {
    throw new Error(`There is no running stack at ${path}; start one with ./shopverse up`, { cause: error });
  }
}
