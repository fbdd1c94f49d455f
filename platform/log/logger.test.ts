import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { runInContext } from '#platform/context/context.ts';
import { createLogger, type Logger } from './logger.ts';

function logged(write: (log: Logger) => void): { line: string; record: Record<string, unknown> } {
  const lines: string[] = [];
  const to = {
    write: (line: string) => {
      lines.push(line);
    },
  };
  write(createLogger({ service: 'order', instance: 'order-1', level: 'info', to }));
  assert.equal(lines.length, 1);
  const line = lines[0] ?? '';
  return { line, record: JSON.parse(line) };
}

test('a record names service, instance, time and the correlation id of the work', () => {
  const { record } = logged((log) =>
    runInContext({ correlationId: 'c-1', caller: { roles: [] } }, () =>
      log.info({ order_id: 'o-1' }, 'placed'),
    ),
  );
  const { time, ...rest } = record;
  assert.match(String(time), /^\d{4}-\d\d-\d\dT/);
  assert.deepEqual(rest, {
    level: 'info',
    service: 'order',
    instance: 'order-1',
    correlation_id: 'c-1',
    order_id: 'o-1',
    msg: 'placed',
  });
});

test('S-64: personal data and secrets are withheld, by key at any depth and by form anywhere', () => {
  const { line } = logged((log) =>
    log.info(
      {
        user: { email: 'x', Phone_Number: 'kept', address: { street: 'Main St 1' } },
        headers: [{ authorization: 'Bearer s3cret' }],
        refresh_token: 's3cret',
        detail: 'Key (email)=(ada.lovelace+shop@mail.example.org) exists',
        err: new Error(
          'postgres://order:s3cret@127.0.0.1/order and eyJhbGciOiJFZERTQSJ9.eyJzdWIiOiJ1In0.c2ln',
        ),
      },
      'for ada@example.org',
    ),
  );
  assert.doesNotMatch(line, /s3cret|ada|Main St|eyJ/);
  assert.match(line, /\[email\]/);
  assert.match(line, /\[withheld\]/);
});

test('of an error its type, message, code, stack and causes are written, and nothing that hangs on it', () => {
  const cause = Object.assign(new Error('inner'), { code: '23505', detail: 'Key (id)=(1)', where: 'row 7' });
  const { record, line } = logged((log) => log.error({ err: new TypeError('outer', { cause }) }, 'failed'));
  const error = record.err as { type: string; stack: string; cause: { code: string } };
  assert.equal(error.type, 'TypeError');
  assert.match(error.stack, /logger\.test\.ts/);
  assert.equal(error.cause.code, '23505');
  assert.doesNotMatch(line, /Key \(id\)|row 7/);
});

test('S-54: whatever is logged is one line of JSON of bounded length', () => {
  const nasty = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 200 }),
    fc.constantFrom('a\r\nlevel: fatal', '\u001b[31mred', '\u2028', 'x'.repeat(1_000_000)),
  );
  fc.assert(
    fc.property(
      nasty,
      fc.object({ values: [nasty, fc.bigInt(), fc.uint8Array()], maxDepth: 8 }),
      (text, fields) => {
        const { line } = logged((log) => log.info({ fields, text }, 'said'));
        assert.equal(line.indexOf('\n'), line.length - 1);
        assert(line.length < 1_000_000, `${line.length}`);
      },
    ),
    { numRuns: 60 },
  );
});

test('below its level nothing is written', () => {
  const lines: string[] = [];
  const to = { write: (line: string) => void lines.push(line) };
  createLogger({ service: 's', instance: 'i', level: 'warn', to }).info('no');
  assert.deepEqual(lines, []);
});
