import { setTimeout as sleep } from 'node:timers/promises';
import { Code, ConnectError } from '@connectrpc/connect';

const TRIES = 8;
const PASSING: ReadonlySet<Code> = new Set([
  Code.Unavailable,
  Code.DeadlineExceeded,
  Code.ResourceExhausted,
  Code.Aborted,
]);

/** Whether an error says that the call may go through when it is repeated: also one of the connection itself. */
export function isPassing(error: unknown): boolean {
  const { code, cause } = ConnectError.from(error);
  const broken = (cause as { code?: unknown } | undefined)?.code;
  return PASSING.has(code) || (typeof broken === 'string' && broken.startsWith('ERR_HTTP2_'));
}

/** Repeats a call that can be repeated while it fails for a passing reason, waiting longer each time. */
export async function patiently<R>(call: () => Promise<R>): Promise<R> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await call();
    } catch (error) {
      if (tries === TRIES || !isPassing(error)) throw error;
      await sleep(100 * 2 ** tries);
    }
  }
}
