import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseAllDocuments } from 'yaml';
import { accessRule, decideAccess } from '#platform/auth/access.ts';
import type { Caller } from '#platform/auth/caller.ts';
import { spiffeId } from '#platform/auth/workload.ts';
import { domainOf, loadContracts, methodsOf } from '../proto/contracts.ts';
import { authorization } from './authorization.ts';

type Rule = {
  from: { source: { principals: string[]; requestPrincipals?: string[] } }[];
  to: { operation: { paths: string[] } }[];
  when?: { key: string; values: string[] }[];
};
type Policy = { kind: string; spec: { action: string; rules: Rule[] } };

const contracts = await loadContracts();
const files = new Map(authorization(contracts));
const workloads = ['edge', 'gateway', 'order', 'cart', 'notification', 'inventory', undefined];
const users: Caller[] = [
  { roles: [] },
  ...[[], ['admin'], ['support'], ['warehouse'], ['analyst'], ['till'], ['catalogue']].map((roles) => ({
    userId: 'u',
    sessionId: 's',
    roles,
  })),
];

/** What Istio would say: allowed by the first rule that fits. */
function allows({ spec: { rules } }: Policy, path: string, { service, userId, roles }: Caller): boolean {
  return rules.some(
    ({ from, to, when = [] }) =>
      to.some(({ operation }) => operation.paths.includes(path)) &&
      from.some(
        ({ source }) =>
          service !== undefined &&
          source.principals.includes(spiffeId(service).replace('spiffe://', '')) &&
          (source.requestPrincipals === undefined || userId !== undefined),
      ) &&
      when.every(({ values }) => roles.some((role) => values.includes(role))),
  );
}

test('Istio’s policies and the kernel let in the same callers to every method', () => {
  let decisions = 0;
  for (const method of methodsOf(contracts)) {
    const domain = domainOf(method.parent.file);
    const text = files.get(`mesh/authorization/${domain === 'platform' ? 'order' : domain}.yaml`);
    const policy = parseAllDocuments(text ?? '')[0]?.toJS() as Policy;
    assert.equal(policy.spec.action, 'ALLOW');
    const path = `/${method.parent.typeName}/${method.name}`;
    for (const service of workloads) {
      for (const user of users) {
        const caller = service === undefined ? user : { ...user, service };
        const kernel = decideAccess(accessRule(method), caller);
        const letIn = ['public', 'customer', 'role', 'service'].includes(kernel);
        assert.equal(allows(policy, path, caller), letIn, `${path} ${JSON.stringify(caller)} -> ${kernel}`);
        decisions += 1;
      }
    }
  }
  assert.ok(decisions > 4000, `${decisions} decisions`);
});
