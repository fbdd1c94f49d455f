import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isOwnPage } from './same-site.ts';

const origins = ['https://shop.example'];
const own = { origin: 'https://shop.example', fetchSite: 'same-site', web: '1' };

test('a page of the same origin, or of one that is listed, may call', () => {
  for (const said of [
    own,
    { ...own, fetchSite: 'cross-site' },
    { ...own, fetchSite: undefined },
    { ...own, origin: undefined, fetchSite: 'same-origin' },
    { ...own, origin: 'https://edge.example', fetchSite: 'same-origin' },
  ]) {
    assert.equal(isOwnPage(said, origins), true, JSON.stringify(said));
  }
});

test('S-60: other pages, forms, links and what is no page may not', () => {
  for (const said of [
    { ...own, web: undefined },
    { ...own, web: '0' },
    { ...own, origin: undefined },
    { ...own, origin: undefined, fetchSite: undefined },
    { ...own, origin: undefined, fetchSite: 'none' },
    { ...own, origin: 'null' },
    { ...own, origin: 'http://shop.example' },
    { ...own, origin: 'https://shop.example.evil.test' },
    { ...own, origin: 'https://evil-shop.example', fetchSite: 'same-site' },
    { ...own, origin: 'https://other.shop.example', fetchSite: 'same-site' },
    { ...own, origin: '', fetchSite: 'cross-site' },
  ]) {
    assert.equal(isOwnPage(said, origins), false, JSON.stringify(said));
  }
});
