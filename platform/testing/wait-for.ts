import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Asks until the answer is neither undefined, null nor false, and resolves to it. Throws after `timeoutMs` (10 s by
 * default), with the last error that asking threw as the cause.
 */
export async function waitFor<R>(
  what: string,
  ask: () => R | Promise<R>,
  timeoutMs = 10_000,
): Promise<Exclude<R, undefined | null | false>> {
  const until = performance.now() + timeoutMs;
  let cause: unknown;
  for (;;) {
    try {
      const answer = await ask();
      if (answer !== undefined && answer !== null && answer !== false) {
        return answer as Exclude<R, undefined | null | false>;
      }
      cause = undefined;
    } catch (error) {
      cause = error;
    }
    if (performance.now() > until) {
      throw new Error(`Waited ${timeoutMs} ms in vain for ${what}.`, { cause });
    }
    await sleep(20);
  }
}
