import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DROP_SESSION, keepSession, SESSION_COOKIE, sessionIn } from './session-cookie.ts';

const now = new Date('2026-03-01T00:00:00Z');
const in90Seconds = new Date(now.getTime() + 90_500);

test('what is kept is sent back, and found among other cookies', () => {
  const [pair = ''] = keepSession('a.1.b', in90Seconds, now).split(';');
  assert.equal(sessionIn([`theme=dark; ${pair}; x=y`]), 'a.1.b');
  assert.equal(sessionIn(['theme=dark', pair]), 'a.1.b');
  assert.equal(sessionIn([pair, pair]), 'a.1.b');
});

test('the cookie has every attribute that its prefix asks for, and none that would widen it', () => {
  for (const cookie of [keepSession('a.1.b', in90Seconds, now), DROP_SESSION]) {
    const [, ...attributes] = cookie.split('; ');
    assert.deepEqual(attributes.slice(0, 4), ['Path=/', 'Secure', 'HttpOnly', 'SameSite=Strict']);
    assert.equal(attributes.length, 5);
  }
  assert.match(keepSession('a.1.b', in90Seconds, now), /; Max-Age=90$/);
  assert.match(keepSession('a.1.b', now, in90Seconds), /; Max-Age=0$/);
  assert.match(DROP_SESSION, /; Max-Age=0$/);
});

test('no cookie, an empty one, two that differ and one of another name are none', () => {
  for (const headers of [
    [],
    [''],
    [`${SESSION_COOKIE}=`],
    [`${SESSION_COOKIE}=a; ${SESSION_COOKIE}=b`],
    [`${SESSION_COOKIE}=a`, `${SESSION_COOKIE}=b`],
    [`x${SESSION_COOKIE}=a`],
    [`${SESSION_COOKIE.toLowerCase()}=a`],
    [`a="; ${SESSION_COOKIE}x=a`],
  ]) {
    assert.equal(sessionIn(headers), undefined, headers.join(' | '));
  }
});
