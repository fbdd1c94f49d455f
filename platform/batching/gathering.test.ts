import assert from 'node:assert/strict';
import { test } from 'node:test';
import { waitFor } from '#platform/testing/wait-for.ts';
import { Gathering } from './gathering.ts';

function gathering(fails: (work: readonly string[]) => boolean = () => false) {
  const taken: string[][] = [];
  const take = async (work: readonly string[]) => {
    taken.push([...work]);
    await new Promise((resolve) => setTimeout(resolve, 50));
    if (fails(work)) {
      throw new Error(`${work.join()} failed`);
    }
    return work.map((one) => one.toUpperCase());
  };
  const subject = new Gathering<string, string | undefined>({
    most: 6,
    sizeOf: (work) => work.length,
    together: take,
    alone: async (work) => (await take([work]))[0],
  });
  return { subject, taken };
}

test('what comes while others are taken is taken together', async () => {
  const { subject, taken } = gathering();
  const first = subject.take('a');
  await waitFor('the first to be begun with', () => taken.length === 1);
  assert.deepEqual(await Promise.all([first, subject.take('b'), subject.take('c')]), ['A', 'B', 'C']);
  assert.deepEqual(taken, [['a'], ['b', 'c']]);
});

test('no more than fits is taken together, and one piece always', async () => {
  const { subject, taken } = gathering();
  await Promise.all(['aaaa', 'bb', 'c', 'dddddddd', 'e'].map((work) => subject.take(work)));
  assert.deepEqual(taken, [['aaaa', 'bb'], ['c'], ['dddddddd'], ['e']]);
});

test('what fails together is taken alone, and only the one at fault fails', async () => {
  const { subject, taken } = gathering((work) => work.includes('bad'));
  const outcomes = await Promise.allSettled(['a', 'bad', 'c'].map((work) => subject.take(work)));
  assert.deepEqual(
    outcomes.map(({ status }) => status),
    ['fulfilled', 'rejected', 'fulfilled'],
  );
  assert.deepEqual(taken, [['a', 'bad', 'c'], ['a'], ['bad'], ['c']]);
  await subject.take('d');
  assert.deepEqual(taken.at(-1), ['d']);
});
