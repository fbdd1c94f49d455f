import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from '#platform/log/logger.ts';

/**
 * Where in a step of work: P1 before the transaction, P2 inside it, P3 after the commit and before the broker's
 * offset, P4 after an external call and before it is recorded, P5 after recording and before publishing, P6 after
 * publishing and before marking it sent.
 */
export type Point = 'P1' | 'P2' | 'P3' | 'P4' | 'P5' | 'P6';

type Action =
  | { readonly kind: 'kill' }
  | { readonly kind: 'throw' }
  | { readonly kind: 'sleep'; readonly ms: number };
type Armed = { readonly action: Action; readonly from: number; passes: number };

/** What an armed `throw` throws. */
export class FailpointError extends Error {
  override readonly name = 'FailpointError';
}

let armed: ReadonlyMap<string, Armed> | undefined = parse(process.env.SHOPVERSE_FAILPOINTS ?? '');

/**
 * A named place where a test may make the process fail: `step` names the work, such as `order.checkout`. Does nothing
 * unless SHOPVERSE_FAILPOINTS was set when the process started, or it was armed since.
 */
export function failpoint(step: string, point: Point): Promise<void> | undefined {
  return armed === undefined ? undefined : pass(armed.get(`${step}:${point}`));
}

/**
 * Arms failpoints in this process, for tests, and returns the function that takes them back. The form is that of
 * SHOPVERSE_FAILPOINTS: `step:P3=kill,step:P2=sleep:500@3`, where `@3` lets two passes by and acts on the third only;
 * without it every pass acts. Throws TypeError on any other text.
 */
export function armFailpoints(text: string): () => void {
  const before = armed;
  armed = parse(text);
  return () => {
    armed = before;
  };
}

/**
 * Lets whoever may write this file and signal this process arm it while it runs: on SIGUSR2 the file's text, in the form
 * of SHOPVERSE_FAILPOINTS, takes the place of what was armed; an empty one disarms. A process that starts again does
 * not read it before it is told to, so that a kill is not repeated.
 */
export function armOnSignal(path: string, log: Logger): void {
  process.on('SIGUSR2', () => {
    try {
      const text = readFileSync(path, 'utf8');
      armed = parse(text);
      log.warn({ failpoints: text }, 'failpoints were armed');
    } catch (error) {
      log.error({ err: error, path }, 'failpoints could not be armed');
    }
  });
}

async function pass(point: Armed | undefined): Promise<void> {
  if (point === undefined) {
    return;
  }
  point.passes++;
  if (point.from !== 0 && point.passes !== point.from) {
    return;
  }
  switch (point.action.kind) {
    case 'kill':
      process.kill(process.pid, 'SIGKILL');
      // The signal is delivered asynchronously; nothing more of this work may happen until then.
      return new Promise(() => {});
    case 'throw':
      throw new FailpointError('A failpoint was armed to throw here.');
    case 'sleep':
      await sleep(point.action.ms);
      return;
    default:
      point.action satisfies never;
  }
}

function parse(text: string): ReadonlyMap<string, Armed> | undefined {
  const points = new Map<string, Armed>();
  for (const part of text.split(',').filter((candidate) => candidate.trim() !== '')) {
    const match = /^([\w.-]+):(P[1-6])=(kill|throw|sleep:(\d+))(?:@([1-9]\d*))?$/.exec(part.trim());
    if (match === null) {
      throw new TypeError(`"${part}" is no failpoint; an example is order.checkout:P3=kill@2`);
    }
    const [, step, point, what, ms, from] = match;
    points.set(`${step}:${point}`, {
      action: what === 'kill' || what === 'throw' ? { kind: what } : { kind: 'sleep', ms: Number(ms) },
      from: Number(from ?? 0),
      passes: 0,
    });
  }
  return points.size === 0 ? undefined : points;
}
