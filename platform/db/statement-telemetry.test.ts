import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inMicroseconds, statementName } from './statement-telemetry.ts';

test('a statement is named by operation and table, never by a value', () => {
  const names = {
    'select "id" from "orders" where "id" = $1': 'select orders',
    'insert into "outbox" ("a") values ($1)': 'insert outbox',
    '\n    update consumer_offset set next_offset = 1': 'update consumer_offset',
    "delete from idempotency where request_id = 'secret'": 'delete idempotency',
    begin: 'begin',
    "select set_config('a', 'secret', true)": 'select',
  };
  assert.deepEqual(Object.keys(names).map(statementName), Object.values(names));
});

test('times are whole microseconds, as Zipkin wants them', () => {
  assert.deepEqual(inMicroseconds(1_795_424_087_227.3945), [1_795_424_087, 227_394_000]);
  assert.deepEqual(inMicroseconds(1_999.9999), [1, 999_999_000]);
});
