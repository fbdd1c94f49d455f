import { createHash } from 'node:crypto';
import { z } from 'zod';
import { ErrorReason, ErrorReasonSchema } from '#gen/shopverse/common/v1/error_reason_pb.ts';
import { refusal } from '#platform/errors/refusal.ts';

/** A page, and the token for the next one; empty on the last. */
export type Page<Row> = { readonly rows: readonly Row[]; readonly nextPageToken: string };

/**
 * A list that is answered in pages, each beginning after the last row of the one before. `question` is whatever else
 * was asked, as JSON can hold it: a token goes on with the question that it was given for, and no other.
 */
export type Paging<Key> = {
  /** How many rows a page has when so many are asked for; 0 leaves it to the list. */
  size(asked: number): number;
  /** What the last row of the page before is known by; undefined for the first page. Throws the refusal PAGE_TOKEN_INVALID. */
  after(token: string, question?: unknown): Key | undefined;
  /** The same, with a word instead of a refusal. */
  read(token: string, question?: unknown): Key | undefined | 'invalid';
  /** Cuts a page out of one row more than it has, which only tells that there are more. */
  page<Row>(rows: readonly Row[], size: number, keyOf: (row: Row) => Key, question?: unknown): Page<Row>;
};

/** The mark of a list and its question, and what the page's last row is known by. */
const shape = z.tuple([z.string(), z.unknown()]);

/** The pages of the list of this name, whose rows are known by what `key` describes: that which they are sorted by. */
export function paging<Key extends z.ZodType>(name: string, key: Key, usualSize = 50): Paging<z.infer<Key>> {
  // It is no secret: a forged token leads only to rows that the same question shows anyway.
  const mark = (question: unknown) =>
    createHash('sha256')
      .update(JSON.stringify([name, question]))
      .digest('base64url')
      .slice(0, 16);

  const read: Paging<z.infer<Key>>['read'] = (token, question) => {
    if (token === '') {
      return undefined;
    }
    const marked = shape.safeParse(parse(token));
    if (!marked.success || marked.data[0] !== mark(question)) {
      return 'invalid';
    }
    const known = key.safeParse(marked.data[1]);
    return known.success ? known.data : 'invalid';
  };

  return {
    size: (asked) => (asked === 0 ? usualSize : asked),
    read,
    after(token, question) {
      const key = read(token, question);
      if (key === 'invalid') {
        throw pageTokenInvalid();
      }
      return key;
    },
    page(rows, size, keyOf, question) {
      const shown = rows.slice(0, size);
      const last = rows.length > size ? shown.at(-1) : undefined;
      const nextPageToken =
        last === undefined
          ? ''
          : Buffer.from(JSON.stringify([mark(question), keyOf(last)])).toString('base64url');
      return { rows: shown, nextPageToken };
    },
  };
}

/** INVALID_ARGUMENT: the token isn't one of this list, or belongs to another question. */
export function pageTokenInvalid() {
  return refusal(
    ErrorReasonSchema,
    ErrorReason.PAGE_TOKEN_INVALID,
    'The page token is not one of this list.',
  );
}

function parse(token: string): unknown {
  try {
    return JSON.parse(Buffer.from(token, 'base64url').toString());
  } catch {
    // Not JSON is as wrong as JSON of another shape, which the key's description refuses.
    return undefined;
  }
}
