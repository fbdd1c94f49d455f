import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { openStack } from '../stack.ts';

const RULES = join(import.meta.dirname, '../../observability/rules');
const promtool = (...args: string[]) => promisify(execFile)('promtool', args, { cwd: RULES });

test('the alert rules are sound, and each alert is seen to fire and not to', async () => {
  const { stdout } = await promtool('check', 'rules', 'orders.yml', 'events.yml');
  assert.match(stdout, /SUCCESS: 8 rules found/);
  await promtool('test', 'rules', 'tests/alerts.yml');
});

test('the running Prometheus has loaded them', async () => {
  const answer = await fetch(`http://127.0.0.1:${openStack().ports.prometheus}/api/v1/rules`);
  const { data } = (await answer.json()) as {
    data: { groups: { rules: { name: string; health: string }[] }[] };
  };
  const rules = data.groups.flatMap((group) => group.rules);
  assert.ok(rules.some(({ name }) => name === 'PaymentOutcomeUnknown'));
  assert.deepEqual(
    rules.filter(({ health }) => health === 'err'),
    [],
  );
});
