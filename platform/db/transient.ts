import pg from 'pg';
import { AmbiguousCommit } from './ambiguous-commit.ts';

const socketErrors = new Set(['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'ENOTFOUND', 'EAI_AGAIN']);

/**
 * Whether another transaction got in the way: a serialization failure, a deadlock, or the aggregate's next sequence
 * number taken in the outbox meanwhile. The same work may succeed at once.
 */
export function isConflict(error: unknown): boolean {
  if (!(error instanceof pg.DatabaseError)) {
    return false;
  }
  const sequenceTaken = error.code === '23505' && error.constraint === 'outbox_history';
  return error.code === '40001' || error.code === '40P01' || sequenceTaken;
}

/** Whether the database could not be reached, or went away: nothing about the work itself is wrong. */
export function isDisconnect(error: unknown): boolean {
  if (error instanceof AmbiguousCommit) {
    return true;
  }
  if (error instanceof pg.DatabaseError) {
    // 08: connection exceptions; 53: out of resources; 57P: an operator stopped the server or the session; 25P03: idle for too long.
    return /^(08|53|57P|25P03)/.test(error.code ?? '');
  }
  if (!(error instanceof Error)) {
    return false;
  }
  const code = 'code' in error ? String(error.code) : '';
  return (
    socketErrors.has(code) ||
    /connection (terminated|timeout|ended)|timeout exceeded when trying to connect|client (was closed|has encountered a connection error)|has been discarded/i.test(
      error.message,
    )
  );
}

/** Whether trying the same work again later may help: the database is away, in conflict or too slow. */
export function isTransient(error: unknown): boolean {
  if (isConflict(error) || isDisconnect(error)) {
    return true;
  }
  // 57014: the statement timeout; 55P03: the lock timeout.
  return error instanceof pg.DatabaseError && (error.code === '57014' || error.code === '55P03');
}
