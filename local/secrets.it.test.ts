import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { openSecrets, secretsUnder } from './secrets.ts';

const state = mkdtempSync(join(tmpdir(), 'shopverse-secrets-'));
after(() => rmSync(state, { recursive: true }));

test('a password is made once and kept, for its owner’s eyes only', () => {
  const made = openSecrets(state)('postgres/order');
  assert.ok(made.length >= 32);
  assert.equal(openSecrets(state)('postgres/order'), made);
  assert.equal(statSync(join(state, 'secrets.json')).mode & 0o077, 0);
});

test('two who have the passwords open do not lose each other’s new ones', () => {
  const [one, other] = [openSecrets(state), openSecrets(state)];
  const ofOne = one('people/till');
  const ofOther = other('people/support');
  assert.equal(other('people/till'), ofOne);
  assert.deepEqual(secretsUnder(state, 'people/'), { till: ofOne, support: ofOther });
});
