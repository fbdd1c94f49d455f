import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { meshHost } from '#platform/auth/workload.ts';
import { isRepeatable } from '#platform/client/repeatable.ts';
import { domainOf, loadContracts, methodsOf } from '../proto/contracts.ts';
import { parseManifests, serviceOfHost, virtualServices } from './manifest.ts';
import { rulesForPath, wronglyRepeated } from './rules.ts';

const methods = methodsOf(await loadContracts());
const shipped = globSync('**/*.yaml', { cwd: import.meta.dirname }).flatMap((file) =>
  parseManifests(readFileSync(join(import.meta.dirname, file), 'utf8'), file),
);

test('the mesh makes exactly those calls again whose contracts allow it', () => {
  let judged = 0;
  for (const { spec } of virtualServices(shipped)) {
    const service = serviceOfHost(spec.hosts[0] ?? '');
    const own = methods.filter(({ parent }) => [service, 'platform'].includes(domainOf(parent.file)));
    assert.deepEqual(wronglyRepeated(own, spec.http), []);
    for (const method of own) {
      const [decided] = rulesForPath(`/${method.parent.typeName}/${method.name}`, spec.http);
      assert.equal(decided?.rule.retries?.attempts, isRepeatable(method) ? 1 : 0, method.name);
      judged += 1;
    }
  }
  assert.ok(judged > 100, `${judged} methods`);
});

test('a rule that would have a log-in made again is found, also by Istio’s own default', () => {
  const logIn = methods.filter(({ name }) => name === 'LogIn');
  const route = [{ destination: { host: meshHost('user') } }];
  const names = (rules: Parameters<typeof wronglyRepeated>[1]) =>
    wronglyRepeated(logIn, rules).map(({ name }) => name);
  assert.deepEqual(names([{ retries: { attempts: 2 }, route }]), ['LogIn']);
  assert.deepEqual(names([{ route }]), ['LogIn']);
  assert.deepEqual(names([{ retries: { attempts: 0 }, route }, { route }]), []);
  const picked = { match: [{ headers: { 'x-mesh-version': { exact: 'v2' } } }], route };
  assert.deepEqual(names([picked, { retries: { attempts: 0 }, route }]), ['LogIn']);
});

test('rules fit by whole path; those after one that takes all that are left don’t count', () => {
  const rules = [
    { name: 'exact', match: [{ uri: { exact: '/a.B/C' } }] },
    {
      name: 'regex',
      match: [{ uri: { regex: '/a\\.B/(C|D)' }, headers: { 'x-mesh-version': { exact: 'v2' } } }],
    },
    { name: 'prefix', match: [{ uri: { prefix: '/a.B/' } }] },
    { name: 'rest' },
  ];
  const fitting = (path: string) => rulesForPath(path, rules).map(({ rule }) => rule.name);
  assert.deepEqual(fitting('/a.B/C'), ['exact']);
  assert.deepEqual(fitting('/a.B/D'), ['regex', 'prefix']);
  assert.deepEqual(fitting('/a.B/DD'), ['prefix']);
  assert.deepEqual(fitting('/other'), ['rest']);
  const unknown = { match: [{ port: 1 }] } as unknown as (typeof rules)[number];
  assert.throws(() => rulesForPath('/a.B/C', [unknown]), /matches on "port"/);
});
