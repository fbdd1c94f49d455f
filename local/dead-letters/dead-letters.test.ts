import assert from 'node:assert/strict';
import { test } from 'node:test';
import { create } from '@bufbuild/protobuf';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import { DeadLetter_State, DeadLetterSchema } from '#gen/shopverse/platform/v1/dead_letter_service_pb.ts';
import { isMeant, type Letter, pilesOf } from './dead-letters.ts';

function letter(topic: string, key: string, seconds: number, state: DeadLetter_State): Letter {
  const fields = { consumer: 'shopverse.cart.catalogue', topic, key: Buffer.from(key), state };
  const createTime = timestampFromDate(new Date(seconds * 1_000));
  return { ...create(DeadLetterSchema, { ...fields, createTime }), service: 'cart' };
}

test('letters are counted by consumer and topic, with the keys that they hold back', () => {
  const piles = pilesOf([
    letter('a', 'one', 7, DeadLetter_State.DEAD),
    letter('a', 'one', 9, DeadLetter_State.QUEUED),
    letter('a', 'two', 5, DeadLetter_State.RETRYING),
    letter('b', 'one', 1, DeadLetter_State.DEAD),
  ]);
  assert.deepEqual(
    piles.map(({ topic, letters, dead, parkedKeys, oldest }) => [
      topic,
      letters,
      dead,
      parkedKeys,
      oldest.getTime(),
    ]),
    [
      ['a', 3, 1, 2, 5_000],
      ['b', 1, 1, 1, 1_000],
    ],
  );
});

test('a consumer is meant by its name, by the end of it, and by its service', () => {
  const consumer = 'shopverse.cart.catalogue';
  for (const name of [consumer, 'cart.catalogue', 'catalogue', 'cart'])
    assert.ok(isMeant(consumer, name), name);
  for (const name of ['art', 'catalog', 'shopverse', 'order']) assert.ok(!isMeant(consumer, name), name);
});
