import type { Stack } from '../stack.ts';

/** One word of `./shopverse`. The file's name is the word. */
export type Command = {
  /** One line for the list of commands. */
  readonly summary: string;
  /** What may follow the word. */
  readonly usage?: string;
  /** Does it; the result is the process's exit code. A thrown error is shown as its message. */
  run(args: string[], stack: Stack): Promise<number>;
};
