import { setTimeout as sleep } from 'node:timers/promises';
import { Code, ConnectError } from '@connectrpc/connect';

const TRIES = 8;
const PASSING: ReadonlySet<Code> = new Set([
  Code.Unavailable,
  Code.DeadlineExceeded,
  Code.ResourceExhausted,
  Code.Aborted,
]);

/** What a service says when it has looked at a request and will not do it. */
const REFUSING: ReadonlySet<Code> = new Set([
  Code.InvalidArgument,
  Code.NotFound,
  Code.AlreadyExists,
  Code.PermissionDenied,
  Code.FailedPrecondition,
  Code.OutOfRange,
  Code.Unimplemented,
]);

/** Whether an error says that the call may go through when it is repeated: also one of the connection itself. */
export function isPassing(error: unknown): boolean {
  const { code, cause, rawMessage } = ConnectError.from(error);
  const broken = (cause as { code?: unknown } | undefined)?.code;
  // A connection whose other end was killed: its streams are closed as if we had cancelled them.
  const closed = code === Code.Canceled && rawMessage.startsWith('http/2 stream closed');
  return PASSING.has(code) || closed || (typeof broken === 'string' && broken.startsWith('ERR_HTTP2_'));
}

/** Whether an error is the service's own no. After any other nobody knows whether the call had an effect. */
export function isRefusal(error: unknown): boolean {
  return REFUSING.has(ConnectError.from(error).code);
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
