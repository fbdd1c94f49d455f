import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { roundOf } from './campaign.ts';
import { faults } from './faults/catalogue.ts';
import { steps } from './faults/of-failpoints.ts';

const names = (seed: string, from: number) =>
  faults.map((_, index) => roundOf(seed, from + index).fault.name);

test('a round follows from its seed and number, and as many rounds as there are faults bring each once', () => {
  const first = names('a', 1);
  assert.deepEqual(names('a', 1), first);
  assert.equal(new Set(first).size, faults.length);
  assert.equal(new Set(names('a', faults.length + 1)).size, faults.length);
  assert.notDeepEqual(names('b', 1), first);
  assert.notDeepEqual(names('a', faults.length + 1), first);
  const throws = () => Array.from({ length: 20 }, (_, at) => roundOf('a', 3).dice.below(at + 1));
  assert.deepEqual(throws(), throws());
});

test('faults have names of their own', () => {
  assert.equal(new Set(faults.map(({ name }) => name)).size, faults.length);
});

test('every step that the services’ code names by itself is among those that are killed', () => {
  const root = join(import.meta.dirname, '../..');
  const known = new Set(steps.map(({ step }) => step));
  const files = globSync('services/**/*.ts', { cwd: root, exclude: (path) => path.endsWith('.test.ts') });
  const named = files.flatMap((file) =>
    [...readFileSync(join(root, file), 'utf8').matchAll(/(?:failpoint\(|step: )'([\w.]+)'/g)].map(
      ([, step]) => step,
    ),
  );
  assert.ok(named.length >= 3);
  assert.deepEqual(
    [...new Set(named)].filter((step) => step !== undefined && !known.has(step)),
    [],
  );
});
