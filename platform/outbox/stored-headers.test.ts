import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Header } from '#platform/kafka/kafka.ts';
import { restoreHeaders, storeExactly, textHeader } from './stored-headers.ts';

const header = fc.tuple(
  fc.string({ maxLength: 8 }),
  fc.option(fc.uint8Array({ maxLength: 8 }).map((bytes) => Buffer.from(bytes))),
);

test('headers come back with their order, repeats, nulls and bytes', () => {
  fc.assert(
    fc.property(fc.array<Header>(header), (headers) => {
      const stored = JSON.parse(JSON.stringify(storeExactly(headers)));
      assert.deepEqual(restoreHeaders(stored), headers);
    }),
  );
});

test('texts by name come back as UTF-8', () => {
  assert.deepEqual(restoreHeaders({ ce_id: 'ü' }), [['ce_id', Buffer.from('ü')]]);
});

test('a header is read as text only when it is text, and the last one counts', () => {
  const headers: Header[] = [
    ['a', Buffer.from('1')],
    ['a', Buffer.from('2')],
    ['bytes', Buffer.from([0xff])],
    ['none', null],
  ];
  assert.deepEqual(
    ['a', 'bytes', 'none', 'absent'].map((name) => textHeader(headers, name)),
    ['2', undefined, undefined, undefined],
  );
});
