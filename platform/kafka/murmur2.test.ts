import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import kafkajs from 'kafkajs';
import { murmur2 } from './murmur2.ts';

test('a key gets the partition that Kafka’s own clients give it', () => {
  // Values of Utils.murmur2 in Kafka's own tests, made positive.
  assert.equal(murmur2(Buffer.from('21')), -973932308 & 0x7fffffff);
  assert.equal(murmur2(Buffer.from('foobar')), -790332482 & 0x7fffffff);
  assert.equal(murmur2(Buffer.from('a-little-bit-long-string')), -985981536 & 0x7fffffff);
});

test('it agrees with kafkajs on any key and number of partitions', () => {
  const partition = kafkajs.Partitioners.DefaultPartitioner();
  fc.assert(
    fc.property(
      fc.uint8Array({ minLength: 1, maxLength: 60 }),
      fc.integer({ min: 1, max: 50 }),
      (key, partitions) => {
        const partitionMetadata = Array.from({ length: partitions }, (_, partitionId) => ({
          partitionId,
          leader: 0,
          replicas: [],
          isr: [],
          partitionErrorCode: 0,
        }));
        const theirs = partition({
          topic: 't',
          partitionMetadata,
          message: { key: Buffer.from(key), value: null },
        });
        assert.equal(murmur2(key) % partitions, theirs);
      },
    ),
  );
});
