import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadContracts, topicsOf } from '../../../proto/contracts.ts';
import { archivedTopics } from './archived-topics.ts';

test('every topic of a domain is archived', async () => {
  const declared = topicsOf(await loadContracts()).filter(({ topic }) => !topic.derived);
  assert.deepEqual(
    archivedTopics(),
    declared.map(({ topic }) => topic.name),
  );
});
