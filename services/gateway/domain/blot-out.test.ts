import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { blotOut } from './blot-out.ts';

test('I-42 e-mail addresses and long numbers are blotted out, what shops are searched for stays', () => {
  const cases: [string, string][] = [
    ['organic  oat\tmilk 2', 'organic oat milk 2'],
    ['ada.l+shop@example.co.uk', '[e-mail]'],
    ['from <bob@example.com>, please', 'from <[e-mail]>, please'],
    ['4242 4242 4242 4242', '[number]'],
    ['+49 (30) 123456-78', '[number]'],
    ['100% juice 1.5 l 6 pack', '100% juice 1.5 l 6 pack'],
    ['milk\r\nx-injected: 1', 'milk x-injected: 1'],
  ];
  for (const [typed, kept] of cases) assert.equal(blotOut(typed), kept);
});

test('whatever surrounds it, an address or a card number is never kept', () => {
  const secret = fc.constantFrom('canary@example.com', '4242424242424242', '4242-4242-4242-4242');
  fc.assert(
    fc.property(
      fc.string({ maxLength: 40 }),
      secret,
      fc.string({ maxLength: 40 }),
      (before, hidden, after) => {
        assert.ok(!blotOut(`${before} ${hidden} ${after}`).includes(hidden));
      },
    ),
  );
});
