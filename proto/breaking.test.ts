import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chooseBase, type Git } from './breaking.ts';

/** Git that answers from a table, by its arguments. */
const git =
  (answers: Record<string, string>): Git =>
  (...args) =>
    answers[args.join(' ')];

const onMain = { 'rev-parse HEAD': 'h', 'rev-parse --verify --quiet main': 'h' };

test('a branch is compared with where it left main', () => {
  const base = chooseBase(
    git({ 'rev-parse HEAD': 'h', 'rev-parse --verify --quiet main': 'm', 'merge-base HEAD m': 'b' }),
  );
  assert.equal(base?.commit, 'b');
});

test('on main, a contract under change is compared with the last commit', () => {
  const base = chooseBase(git({ ...onMain, 'status --porcelain -- proto/**/*.proto': ' M proto/x.proto' }));
  assert.equal(base?.commit, 'h');
});

test('on main, committed contracts are compared with those before their last change', () => {
  const base = chooseBase(
    git({
      ...onMain,
      'rev-list -1 HEAD -- proto/**/*.proto': 't',
      'rev-parse --verify --quiet t^': 'p',
      'ls-tree --name-only p buf.yaml': 'buf.yaml',
    }),
  );
  assert.equal(base?.commit, 'p');
});

test('the first contracts have nothing to be compared with', () => {
  assert.equal(chooseBase(git({ ...onMain, 'rev-list -1 HEAD -- proto/**/*.proto': 't' })), undefined);
  assert.equal(chooseBase(git({})), undefined);
});
