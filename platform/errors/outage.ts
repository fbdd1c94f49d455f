import { AmbiguousCommit } from '#platform/db/ambiguous-commit.ts';

/** Node's codes for a peer that is gone, is not there yet or doesn't answer. */
const networkCodes = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ECONNABORTED',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
]);

/** Postgres' own: starting, shutting down, told to end the connection, no connection left. */
const postgresCodes = new Set(['57P01', '57P02', '57P03', '53300']);

/** The pool's and the driver's errors for a lost or unobtainable connection, which carry no code. */
const connectionMessage =
  /^(connection terminated|timeout exceeded when trying to connect|client has encountered a connection error|the connection was lost)/i;

/**
 * Whether an error tells of a part that is away for the moment, and not of a fault in this code: a connection that
 * is refused, lost or timed out, a database that starts or stops, a COMMIT whose outcome nobody knows.
 */
export function isOutage(error: unknown): boolean {
  if (!(error instanceof Error)) {
    return false;
  }
  if (error instanceof AmbiguousCommit || connectionMessage.test(error.message)) {
    return true;
  }
  const code = 'code' in error ? String(error.code) : '';
  return (
    networkCodes.has(code) ||
    postgresCodes.has(code) ||
    // Class 08 is "connection exception".
    /^08\w{3}$/.test(code) ||
    (error instanceof AggregateError && error.errors.length > 0 && error.errors.every(isOutage))
  );
}
