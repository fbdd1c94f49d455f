import assert from 'node:assert/strict';
import { test } from 'node:test';
import { behind } from './quiet.ts';
import { findingOf, renderFindings } from './report.ts';
import { withoutDoubtful } from './run-checks.ts';

test('readers with records before them are told, each once with all of its partitions', () => {
  const at = (what: string, next: bigint, end: bigint) => ({ what, next, end });
  assert.deepEqual(behind([at('a', 5n, 5n), at('a', 0n, 0n)]), []);
  assert.deepEqual(behind([at('a', 5n, 7n), at('a', 0n, 1n), at('b', 2n, 2n)]), [
    'a has 3 records before it',
  ]);
});

const always = { id: 'I-02', sentence: 'this', when: 'always' } as const;
const quiet = { id: 'I-01', sentence: 'that', when: 'quiet' } as const;
const violated = { looked: '7 shelves', counterexamples: ['a', 'b', 'c', 'd', 'e', 'f', 'g'] };

test('a violation is shown with its first five counterexamples and the number of the rest', () => {
  const shown = renderFindings([findingOf(always, violated, 0.1)]);
  assert.match(shown, /✗ I-02 .*this\n.*VIOLATED: 7 shelves/);
  assert.match(shown, /- e\n\s+and 2 more/);
  assert.match(shown, /0 hold, 1 violated, 0 not applicable/);
});

test('what holds in quiet only isn’t called violated when something moved; what always holds is', () => {
  const findings = [findingOf(always, violated, 0), findingOf(quiet, violated, 0)];
  assert.deepEqual(
    withoutDoubtful(findings).map(({ verdict }) => verdict),
    ['violated', 'not applicable'],
  );
});
