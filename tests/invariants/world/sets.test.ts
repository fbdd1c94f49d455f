import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { beyond, differences, fingerprint, type GroupedSet, markOf, memorySet } from './sets.ts';

const members = fc.array(fc.string(), { maxLength: 30 });

test('sets with the same members in another order don’t differ', () =>
  fc.assert(
    fc.asyncProperty(
      members.chain((some) =>
        fc.tuple(fc.constant(some), fc.shuffledSubarray(some, { minLength: some.length })),
      ),
      async ([some, shuffled]) => {
        const [one, other] = [some, shuffled].map((each) => memorySet(new Map([['g', each]])));
        assert.deepEqual(await differences(one ?? nothing, other ?? nothing), []);
      },
    ),
  ));

test('a member that one side lacks, or has twice, is found', async () => {
  const one = memorySet(
    new Map([
      ['g', ['a', 'b', 'b', 'c']],
      ['only here', ['x']],
    ]),
  );
  const other = memorySet(new Map([['g', ['c', 'b', 'd', 'a', 'd']]]));
  assert.deepEqual(await differences(one, other), [
    { group: 'g', onlyLeft: ['b'], onlyRight: ['d', 'd'] },
    { group: 'only here', onlyLeft: ['x'], onlyRight: [] },
  ]);
});

test('a member twice on one side and not at all on the other doesn’t cancel out', () => {
  assert.notDeepEqual(markOf(['a', 'a']), markOf([]));
  assert.deepEqual(beyond(['a', 'a'], []), ['a', 'a']);
});

test('members are asked for only in groups that differ', async () => {
  const asked: (readonly string[])[] = [];
  const marks = async () =>
    new Map([
      ['same', markOf(['a'])],
      ['other', markOf(['b'])],
    ]);
  const left: GroupedSet = {
    marks,
    async members(groups) {
      asked.push(groups);
      return new Map([['other', ['b']]]);
    },
  };
  const right = memorySet(
    new Map([
      ['same', ['a']],
      ['other', ['c']],
    ]),
  );
  await differences(left, right);
  assert.deepEqual(asked, [['other']]);
});

test('a fingerprint is the first half of the MD5', () => {
  assert.equal(fingerprint('').toString(16), 'd41d8cd98f00b204');
});

const nothing = memorySet(new Map());
