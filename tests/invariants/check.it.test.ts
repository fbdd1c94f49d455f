import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runChecks } from './run-checks.ts';

test('every invariant holds in the running stack, once it is quiet', async () => {
  const findings = await runChecks({
    state: process.env.SHOPVERSE_STATE ?? '.shopverse',
    patienceMs: 120_000,
    say: (line) => process.stderr.write(`${line}\n`),
  });
  const violated = findings.filter(({ verdict }) => verdict === 'violated');
  assert.deepEqual(
    violated.map(({ id, sentence, examples }) => ({ id, sentence, examples })),
    [],
  );
  // Before the first order there is little to look at; what is kept in every stack must have been.
  const looked = new Set(findings.filter(({ verdict }) => verdict === 'holds').map(({ id }) => id));
  for (const id of ['quiet', 'I-21', 'I-30', 'I-31', 'I-33', 'I-39']) {
    assert.ok(looked.has(id), `${id} was not looked at`);
  }
});
