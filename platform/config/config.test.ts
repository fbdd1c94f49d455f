import assert from 'node:assert/strict';
import { test } from 'node:test';
import { z } from 'zod';
import { ConfigError, readConfig } from './config.ts';
import { readProcessConfig } from './process-config.ts';

const shape = { PORT: z.coerce.number().int(), URL: z.url(), MODE: z.enum(['a', 'b']).default('a') };

test('keys are read, converted and defaulted; an empty one is absent', () => {
  assert.deepEqual(readConfig(shape, { PORT: '80', URL: 'http://x/', MODE: '', OTHER: 'x' }), {
    PORT: 80,
    URL: 'http://x/',
    MODE: 'a',
  });
});

test('everything that is missing or wrong is named at once, without its value', () => {
  assert.throws(
    () => readConfig({ ...shape, KEY: z.string() }, { PORT: 's3cret', MODE: 's3cret', URL: '' }),
    (error: unknown) => {
      assert(error instanceof ConfigError);
      assert.match(error.message, /PORT is wrong/);
      assert.match(error.message, /URL is missing\./);
      assert.match(error.message, /MODE is wrong/);
      assert.match(error.message, /KEY is missing\./);
      assert.doesNotMatch(error.message, /s3cret/);
      return true;
    },
  );
});

test('a process without any environment is told all that it needs', () => {
  assert.throws(
    () => readProcessConfig({}),
    (error: unknown) => error instanceof ConfigError && error.message.split(' is missing.').length > 8,
  );
});
