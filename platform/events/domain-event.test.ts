import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fromBinary } from '@bufbuild/protobuf';
import { MoneySchema } from '#gen/shopverse/common/v1/money_pb.ts';
import { nobody, runInContext } from '#platform/context/context.ts';
import { testEvents } from '#platform/testing/test-facts.ts';
import { domainEvent } from './domain-event.ts';
import { eventHeaders } from './headers.ts';

const schema = testEvents('test.facts.v1');
const noted = { event: { case: 'noted', value: { number: 7, text: 'seven' } } } as const;
const source = {
  service: 'test',
  clock: { now: () => new Date('2026-11-01T10:00:00.123Z') },
  ids: { uuid: () => '01930000-0000-7000-8000-000000000001' },
};

test('a fact knows its topic, type and schema from its descriptor', () => {
  const event = domainEvent(schema, { id: 'a-1', sequence: 3 }, noted);
  assert.deepEqual(
    { ...event, payload: undefined },
    {
      topic: 'test.facts.v1',
      aggregateType: 'Test',
      aggregateId: 'a-1',
      sequence: 3n,
      type: 'test.v1.Noted',
      dataschema: 'test.v1.TestEvent',
      payload: undefined,
    },
  );
  assert.equal(fromBinary(schema, event.payload).event.value?.number, 7);
});

test('what is no fact is refused', () => {
  const at = { id: 'a', sequence: 1 };
  assert.throws(() => domainEvent(schema, at, {}), /no fact set/);
  assert.throws(() => domainEvent(schema, { id: 'a', sequence: 0 }, noted), /sequence 0/);
  assert.throws(() => domainEvent(schema, { id: '', sequence: 1 }, noted), TypeError);
  assert.throws(() => domainEvent(MoneySchema, at, {}), TypeError);
});

test('the headers are those of CloudEvents, with causes and trace (I-39)', () => {
  const event = domainEvent(schema, { id: 'a-1', sequence: 3 }, noted);
  const context = { correlationId: 'c-1', causationId: 'e-1', caller: nobody };
  const headers = runInContext(context, () => eventHeaders(source, 'origin', event));
  const { traceparent, ...rest } = headers;
  assert.deepEqual(rest, {
    ce_id: '01930000-0000-7000-8000-000000000001',
    ce_type: 'test.v1.Noted',
    ce_source: 'test',
    ce_subject: 'a-1',
    ce_time: '2026-11-01T10:00:00.123Z',
    ce_specversion: '1.0',
    ce_dataschema: 'test.v1.TestEvent',
    'content-type': 'application/protobuf',
    ce_sequence: '3',
    ce_correlationid: 'c-1',
    ce_causationid: 'e-1',
  });
  assert.match(traceparent ?? '', /^00-[0-9a-f]{32}-[0-9a-f]{16}-00$/);
});

test('what nothing caused is its own origin', () => {
  const headers = eventHeaders(source, 'origin', domainEvent(schema, { id: 'a', sequence: 1 }, noted));
  assert.deepEqual([headers.ce_correlationid, headers.ce_causationid], ['origin', 'origin']);
});
