import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { test } from 'node:test';
import fc from 'fast-check';
import { encodeForKafkajs, encodeRecord } from './kafkajs-encoding.ts';

const require = createRequire(import.meta.url);
const place = 'kafkajs/src/protocol/recordBatch/record/v0/index.js';
/** As kafkajs is published. */
const theirs = require(place) as (record: object) => { readonly buffer: Buffer };

const bytes = fc.oneof(
  fc.uint8Array({ maxLength: 40 }).map((array) => Buffer.from(array)),
  fc.integer({ min: 60, max: 20_000 }).map((size) => Buffer.alloc(size, 7)),
);

test('a record is the same, byte for byte, as kafkajs encodes it', () => {
  const records = fc.record({
    offsetDelta: fc.nat(100_000),
    key: fc.option(bytes),
    value: fc.option(bytes),
    // Names that would be an object's places come in another order there.
    headers: fc.uniqueArray(
      fc.tuple(
        fc.string({ unit: 'grapheme' }).map((name) => `h${name}`),
        bytes,
      ),
      { selector: ([name]) => name, maxLength: 20 },
    ),
  });
  fc.assert(
    fc.property(records, (record) => {
      const { headers, ...rest } = record;
      const expected = theirs({ ...rest, timestampDelta: 0, headers: Object.fromEntries(headers) });
      assert.deepEqual(encodeRecord(record).buffer, expected.buffer);
    }),
  );
});

test('it takes the place of kafkajs’s own once, and not after records were encoded', () => {
  encodeForKafkajs();
  encodeForKafkajs();
  assert.equal(require(place), encodeRecord);
  const own = require.cache[require.resolve(place)];
  assert.ok(own);
  own.exports = theirs;
  require('kafkajs/src/protocol/requests/produce/v3/request.js');
  assert.throws(encodeForKafkajs, /has begun to already/);
});
