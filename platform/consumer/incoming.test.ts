import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { domainEvent } from '#platform/events/domain-event.ts';
import type { Header } from '#platform/kafka/kafka.ts';
import { outboxEntry } from '#platform/outbox/append.ts';
import { restoreHeaders } from '#platform/outbox/stored-headers.ts';
import { testEvents } from '#platform/testing/test-facts.ts';
import { subscribe } from './consumer.ts';
import { type RawRecord, readRecord } from './incoming.ts';

const schema = testEvents('test.incoming.v1');
const subscription = subscribe<typeof schema, unknown>(schema, { noted: async () => {} });
const source = {
  service: 'test',
  clock: { now: () => new Date('2026-11-01T10:00:00Z') },
  ids: { uuid: () => crypto.randomUUID() },
};

function record(change: Partial<RawRecord> = {}, fact: 'noted' | 'erased' = 'noted'): RawRecord {
  const event = domainEvent(
    schema,
    { id: 'a', sequence: 2 },
    { event: { case: fact, value: { number: 7, text: '' } } },
  );
  return {
    topic: 'test.incoming.v1',
    partition: 1,
    offset: 5n,
    key: Buffer.from('a'),
    value: Buffer.from(event.payload),
    headers: restoreHeaders(outboxEntry(source, 'origin', event).headers),
    ...change,
  };
}

const withHeader = (name: string, value: string | null): RawRecord => {
  const good = record();
  const others = good.headers.filter(([header]) => header !== name);
  const replaced: Header[] = value === null ? [] : [[name, Buffer.from(value)]];
  return { ...good, headers: [...others, ...replaced] };
};

test('a fact is read with its envelope and handler', () => {
  const incoming = readRecord(subscription, record());
  assert.ok(incoming.kind === 'fact' && incoming.handler !== undefined);
  const { id, traceparent, correlationId, causationId, ...envelope } = incoming.envelope;
  assert.deepEqual(envelope, {
    type: 'test.v1.Noted',
    source: 'test',
    subject: 'a',
    time: new Date('2026-11-01T10:00:00Z'),
    sequence: 2n,
    dataschema: 'test.v1.TestEvent',
    topic: 'test.incoming.v1',
    partition: 1,
    offset: 5n,
  });
  assert.equal(correlationId, causationId);
  assert.match(id, /^[0-9a-f-]{36}$/);
  assert.notEqual(traceparent, '');
});

test('a fact that nothing is done about has no handler', () => {
  const incoming = readRecord(subscription, record({}, 'erased'));
  assert.ok(incoming.kind === 'fact' && incoming.handler === undefined);
});

test('a missing or malformed header is named', () => {
  for (const [name, value] of [
    ['ce_id', null],
    ['ce_id', 'no-uuid'],
    ['ce_type', null],
    ['ce_time', 'yesterday'],
    ['ce_sequence', '0'],
    ['ce_sequence', '1e3'],
    ['ce_subject', ''],
    ['ce_correlationid', null],
    ['ce_dataschema', 'other.v1.OtherEvent'],
    ['ce_type', 'test.v1.Erased'],
    ['ce_type', 'other.v1.Noted'],
  ] as const) {
    const incoming = readRecord(subscription, withHeader(name, value));
    assert.equal(incoming.kind, 'poison', `${name}=${value}`);
  }
});

test('a fact of a newer version of the contract is no poison (F-21)', () => {
  const newer = testEvents('test.incoming.v1', ['noted', 'erased', 'moved']);
  const event = domainEvent(
    newer,
    { id: 'a', sequence: 1 },
    {
      event: { case: 'moved' as 'noted', value: { number: 1, text: '' } },
    },
  );
  const incoming = readRecord(
    subscription,
    record({
      value: Buffer.from(event.payload),
      headers: restoreHeaders(outboxEntry(source, 'origin', event).headers),
    }),
  );
  assert.ok(incoming.kind === 'fact' && incoming.handler === undefined);
});

test('whatever bytes come, they are read or named poison, and nothing throws', () => {
  const headers = fc.array(
    fc.tuple(
      fc.constantFrom(...record().headers.map(([name]) => name)),
      fc.option(fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes))),
    ),
  );
  fc.assert(
    fc.property(fc.option(fc.uint8Array({ maxLength: 60 })), headers, fc.boolean(), (value, odd, keep) => {
      const incoming = readRecord(
        subscription,
        record({
          value: value === null ? null : Buffer.from(value),
          headers: keep ? record().headers : (odd as Header[]),
        }),
      );
      assert.ok(incoming.kind === 'fact' || incoming.problem !== '');
    }),
  );
});
