import { ErrorReason, ErrorReasonSchema } from '#gen/shopverse/common/v1/error_reason_pb.ts';
import { refusal } from '#platform/errors/refusal.ts';

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** How many rows a page has at most. */
export function pageSize(asked: number): number {
  return asked === 0 ? 50 : asked;
}

/** The payment after which a page begins; undefined for the first. Throws a refusal PAGE_TOKEN_INVALID. */
export function readPaymentsToken(token: string): string | undefined {
  if (token === '') {
    return undefined;
  }
  if (!uuid.test(token)) {
    throw invalid();
  }
  return token;
}

/** The entry of a payment's ledger after which a page begins; 0 for the first. Throws a refusal PAGE_TOKEN_INVALID. */
export function readEntriesToken(token: string, paymentId: string): bigint {
  if (token === '') {
    return 0n;
  }
  const [of, after] = token.split('.');
  if (of !== paymentId || after === undefined || !/^\d{1,18}$/.test(after)) {
    throw invalid();
  }
  return BigInt(after);
}

/** The token of the page after this entry. */
export function entriesToken(paymentId: string, entryId: bigint): string {
  return `${paymentId}.${entryId}`;
}

function invalid() {
  const message = 'The page token is not one of this list.';
  return refusal(ErrorReasonSchema, ErrorReason.PAGE_TOKEN_INVALID, message);
}
