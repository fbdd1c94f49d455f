import { createHash } from 'node:crypto';

/** Where a page ended: what the last hit is sorted by, an integer, and its id. */
export type Position = { readonly value: string; readonly productId: string };

/** A page token for the hits after `position` of the query that `question` describes. */
export function toPageToken(question: unknown, position: Position): string {
  return Buffer.from(JSON.stringify([digest(question), position.value, position.productId])).toString(
    'base64url',
  );
}

/** Where a page token says to go on, or `invalid` when it isn't one, or is of another query. */
export function fromPageToken(question: unknown, token: string): Position | 'invalid' {
  let parts: unknown;
  try {
    parts = JSON.parse(Buffer.from(token, 'base64url').toString('utf8'));
  } catch {
    return 'invalid';
  }
  if (!Array.isArray(parts) || parts.length !== 3 || parts.some((part) => typeof part !== 'string')) {
    return 'invalid';
  }
  const [of, value, productId] = parts as [string, string, string];
  return of === digest(question) && /^-?[0-9]{1,15}$/.test(value) ? { value, productId } : 'invalid';
}

function digest(question: unknown): string {
  return createHash('sha256').update(JSON.stringify(question)).digest('base64url').slice(0, 16);
}
