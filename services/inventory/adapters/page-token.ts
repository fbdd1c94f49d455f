import { z } from 'zod';
import { ErrorReason, ErrorReasonSchema } from '#gen/shopverse/common/v1/error_reason_pb.ts';
import { refusal } from '#platform/errors/refusal.ts';

/** The lists that have pages, and what the last row of a page is known by. */
const keys = {
  lowStock: z.tuple([z.int().min(0), z.string(), z.string()]),
  movements: z.tuple([z.string(), z.uuid()]),
  locations: z.tuple([z.int().min(0), z.string()]),
};
type List = keyof typeof keys;

/** What the last row of a list's page is known by. */
type Key<L extends List> = z.infer<(typeof keys)[L]>;

/** A page, and the token for the next one; empty on the last. */
export type Page<Row> = { readonly rows: readonly Row[]; readonly nextPageToken: string };

/** How many rows a page has at most. */
export function pageSizeOf(asked: number): number {
  return asked === 0 ? 50 : Math.min(asked, 200);
}

/** Cuts a page out of one row more than it has, which only tells that there are more. */
export function pageOf<L extends List, Row>(
  list: L,
  rows: readonly Row[],
  size: number,
  keyOf: (row: Row) => Key<L>,
): Page<Row> {
  const shown = rows.slice(0, size);
  const last = rows.length > size ? shown.at(-1) : undefined;
  return { rows: shown, nextPageToken: last === undefined ? '' : encode(list, keyOf(last)) };
}

/** Reads a token of this list; undefined asks for the first page. Throws a refusal PAGE_TOKEN_INVALID. */
export function readPageToken<L extends List>(list: L, token: string): Key<L> | undefined {
  if (token === '') {
    return undefined;
  }
  const read = z.tuple([z.literal(list), keys[list]]).safeParse(parse(token));
  if (!read.success) {
    throw invalidPageToken();
  }
  return read.data[1] as Key<L>;
}

/** INVALID_ARGUMENT: the token isn't one of this list, or belongs to another query. */
export function invalidPageToken() {
  return refusal(
    ErrorReasonSchema,
    ErrorReason.PAGE_TOKEN_INVALID,
    'The page token is not one of this list.',
  );
}

function encode(list: List, key: readonly (string | number)[]): string {
  return Buffer.from(JSON.stringify([list, key])).toString('base64url');
}

function parse(token: string): unknown {
  try {
    return JSON.parse(Buffer.from(token, 'base64url').toString());
  } catch {
    // Not JSON is as wrong as JSON of another shape, which the schema refuses.
    return undefined;
  }
}
