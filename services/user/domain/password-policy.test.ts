import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isWeak } from './password-policy.ts';

const OWN = { email: 'margaret.h@example.org', displayName: 'Margaret Hamilton' };

test('what is tried first is weak', () => {
  for (const password of [
    'Password123',
    'aaaaaaaaaaaa',
    'abababababab',
    '2345678901',
    OWN.email,
    'margaret hamilton',
    'Margaret.H',
  ]) {
    assert.equal(isWeak(password, OWN), true, password);
  }
});

test('anything else is not', () => {
  for (const password of ['correct horse battery', 'Tr4nslunar!', 'margaret.hamilton.1969']) {
    assert.equal(isWeak(password, OWN), false, password);
  }
});
