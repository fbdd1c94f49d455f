import { ErrorReason, ErrorReasonSchema } from '#gen/shopverse/common/v1/error_reason_pb.ts';
import { refusal } from '#platform/errors/refusal.ts';
import type { OrderQuery } from '../ports.ts';

type Filter = Pick<OrderQuery, 'userId' | 'state'>;

const uuid = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/;

/** Where the next page of this query begins: after the order `last`. Opaque to clients. */
export function toPageToken(filter: Filter, last: string): string {
  return Buffer.from(JSON.stringify([last, filter.userId ?? '', filter.state ?? ''])).toString('base64url');
}

/**
 * The order that a page token says was the last; undefined for the first page. Throws the refusal
 * PAGE_TOKEN_INVALID for a token that isn't one, or is one of another query.
 */
export function fromPageToken(filter: Filter, token: string): string | undefined {
  if (token === '') {
    return undefined;
  }
  const [last] =
    Buffer.from(token, 'base64url')
      .toString()
      .match(/[0-9a-f-]{36}/) ?? [];
  if (last === undefined || !uuid.test(last) || toPageToken(filter, last) !== token) {
    throw refusal(
      ErrorReasonSchema,
      ErrorReason.PAGE_TOKEN_INVALID,
      'The page token is not one of this list.',
    );
  }
  return last;
}

/** Whether a text can be an id at all. */
export function isUuid(text: string): boolean {
  return uuid.test(text);
}
