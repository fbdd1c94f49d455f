import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createOutliers } from './outliers.ts';

const policy = { errorsInARow: 3, ejectionMs: 1000, mostPercent: 50 };

function scene(addresses: readonly string[], rule: typeof policy | undefined = policy) {
  const clock = { at: 0 };
  const outliers = createOutliers(
    () => rule,
    () => clock.at,
  );
  outliers.known(addresses);
  const fail = (address: string, times: number) => {
    for (let time = 0; time < times; time += 1) {
      outliers.ended(address, true);
    }
  };
  return { clock, outliers, fail };
}

test('an instance is left out after so many errors in a row, for longer each time', () => {
  const { clock, outliers, fail } = scene(['a', 'b']);
  fail('a', 2);
  outliers.ended('a', false);
  fail('a', 2);
  assert.equal(outliers.isOut('a'), false, 'one that was well came between');
  fail('a', 1);
  assert.equal(outliers.isOut('a'), true);
  clock.at = 1000;
  assert.equal(outliers.isOut('a'), false);
  fail('a', 3);
  clock.at = 2999;
  assert.equal(outliers.isOut('a'), true);
  clock.at = 3000;
  assert.equal(outliers.isOut('a'), false);
});

test('never more than the share: of two one, of one none', () => {
  const two = scene(['a', 'b']);
  two.fail('a', 3);
  two.fail('b', 30);
  assert.deepEqual([two.outliers.isOut('a'), two.outliers.isOut('b')], [true, false]);
  const alone = scene(['a']);
  alone.fail('a', 30);
  assert.equal(alone.outliers.isOut('a'), false);
});

test('an instance that went and came is judged anew; without a policy nobody is judged', () => {
  const { outliers, fail } = scene(['a', 'b']);
  fail('a', 3);
  outliers.known(['b']);
  outliers.known(['a', 'b']);
  assert.equal(outliers.isOut('a'), false);
  const lawless = createOutliers(
    () => undefined,
    () => 0,
  );
  lawless.known(['a', 'b']);
  for (let time = 0; time < 9; time += 1) {
    lawless.ended('a', true);
  }
  assert.equal(lawless.isOut('a'), false);
});
