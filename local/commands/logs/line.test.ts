import assert from 'node:assert/strict';
import { test } from 'node:test';
import { renderLine } from './line.ts';

const ENTRY = JSON.stringify({
  time: '2026-11-23T09:12:59.031Z',
  level: 'info',
  instance: 'order-1',
  msg: 'placed',
  correlation_id: 'c-1',
});

test('a structured line becomes one for people, with the rest of its fields behind', () => {
  assert.equal(
    renderLine(ENTRY, { raw: false })?.text,
    '09:12:59.031  info   order-1       placed  correlation_id=c-1',
  );
});

test('a filter by correlation id lets only that request’s lines through, and no unstructured one', () => {
  assert.ok(renderLine(ENTRY, { raw: false, correlation: 'c-1' }));
  assert.equal(renderLine(ENTRY, { raw: false, correlation: 'c-2' }), undefined);
  assert.equal(renderLine('at Object.<anonymous>', { raw: false, correlation: 'c-1' }), undefined);
});

test('what is no JSON, or was cut off by a kill, is shown as it is', () => {
  for (const raw of ['[2026-11-23] WARN org.apache', ENTRY.slice(0, 20)]) {
    assert.equal(renderLine(raw, { raw: false })?.text, raw);
  }
});

test('raw leaves a line alone, and still knows its time', () => {
  const line = renderLine(ENTRY, { raw: true });
  assert.deepEqual(line, { text: ENTRY, time: Date.parse('2026-11-23T09:12:59.031Z') });
});
