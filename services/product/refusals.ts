import {
  ErrorReason as CommonErrorReason,
  ErrorReasonSchema as CommonErrorReasonSchema,
} from '#gen/shopverse/common/v1/error_reason_pb.ts';
import { ErrorReason, ErrorReasonSchema } from '#gen/shopverse/product/v1/product_pb.ts';
import { uniqueViolation } from '#platform/db/unique-violation.ts';
import { invalidRequest, refusal } from '#platform/errors/refusal.ts';
import type { Import } from './ports.ts';
import { UPDATABLE, type UpdatableField } from './usecases/edit-product.ts';

const MESSAGES = {
  PRODUCT_NOT_FOUND: 'There is no such product.',
  CATEGORY_NOT_FOUND: 'There is no such category.',
  SKU_TAKEN: 'Another product has one of the SKUs.',
  CATEGORY_EXISTS: 'There is a category of that name already.',
  IMPORT_NOT_FOUND: 'There is no such import.',
  IMPORT_FINISHED: 'The import is finished; start another.',
  CURRENCY_UNSUPPORTED: "The price isn't in the shop's currency.",
  SKU_NOT_FOUND: 'There is no such variant.',
} as const;

/** A reason of the domain's. */
export type Refused = keyof typeof MESSAGES;

/** The refusal for one of the domain's reasons. */
export function refuse(reason: Refused): Error {
  return refusal(ErrorReasonSchema, ErrorReason[reason], MESSAGES[reason]);
}

/** What the schema's rules have made sure of. */
export function given<M>(message: M | undefined): M {
  if (message === undefined) {
    throw invalidRequest([{ field: 'product', description: 'is required' }]);
  }
  return message;
}

/** The import, or the refusal that there is none. */
export function known(stored: Import | undefined): Import {
  if (stored === undefined) {
    throw refuse('IMPORT_NOT_FOUND');
  }
  return stored;
}

/** Does the work, and refuses where it would give a SKU to a second product. */
export async function skuTaken<R>(work: () => Promise<R>): Promise<R> {
  try {
    return await work();
  } catch (error) {
    throw uniqueViolation(error) === 'variant_pkey' ? refuse('SKU_TAKEN') : error;
  }
}

/** The fields that a mask names. Refuses one that names none, or anything else. */
export function maskOf(paths: readonly string[]): UpdatableField[] {
  const known = new Set<string>(UPDATABLE);
  const wrong = paths.filter((path) => !known.has(path));
  if (wrong.length > 0 || paths.length === 0) {
    const description = `names some of ${UPDATABLE.join(', ')}, and nothing else`;
    throw invalidRequest([{ field: 'update_mask', description }]);
  }
  return [...new Set(paths)] as UpdatableField[];
}

/** The refusal of a change to what has changed since it was read. */
export function etagMismatch(): Error {
  const text = 'The product has changed since; read it again.';
  return refusal(CommonErrorReasonSchema, CommonErrorReason.ETAG_MISMATCH, text);
}
