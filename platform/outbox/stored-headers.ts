import { isUtf8 } from 'node:buffer';
import type { StoredHeaders } from '#platform/db/database.ts';
import type { Header } from '#platform/kafka/kafka.ts';

/** Headers as they are kept when every byte, name and place counts: in dead letters and their copies. */
export function storeExactly(headers: readonly Header[]): StoredHeaders {
  return headers.map(([name, value]) => [name, value === null ? null : value.toString('base64')] as const);
}

/** The headers that were stored, as they go to or came from the broker. */
export function restoreHeaders(stored: StoredHeaders): Header[] {
  return isPairs(stored)
    ? stored.map(([name, base64]) => [name, base64 === null ? null : Buffer.from(base64, 'base64')])
    : Object.entries(stored).map(([name, text]) => [name, Buffer.from(text)]);
}

/** The value of the last header of that name, or undefined when there is none or it isn't UTF-8 text. */
export function textHeader(headers: readonly Header[], name: string): string | undefined {
  const value = headers.findLast(([candidate]) => candidate === name)?.[1];
  return value === null || value === undefined || !isUtf8(value) ? undefined : value.toString('utf8');
}

function isPairs(stored: StoredHeaders): stored is Extract<StoredHeaders, readonly unknown[]> {
  return Array.isArray(stored);
}
