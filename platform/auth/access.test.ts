import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Health } from '#gen/grpc/health/v1/health_pb.ts';
import type { Caller } from '#platform/auth/caller.ts';
import { type AccessDecision, type AccessRule, accessRule, decideAccess } from './access.ts';

const yesNo = [false, true];
const roleSets = [[], ['support'], ['support', 'warehouse']];
const serviceSets = [[], ['order'], ['order', 'cart']];
const heldSets = [[], ['support'], ['warehouse'], ['analyst'], ['admin'], ['admin', 'support']];
const workloads = [undefined, 'edge', 'gateway', 'order', 'payment'];

function* rules(): Iterable<AccessRule> {
  for (const isPublic of yesNo) {
    for (const customer of yesNo) {
      for (const roles of roleSets) {
        for (const services of serviceSets) {
          yield { public: isPublic, customer, roles, services };
        }
      }
    }
  }
}

function* callers(): Iterable<Caller> {
  for (const service of workloads) {
    const vouched = service === undefined ? {} : { service };
    for (const guest of [{}, { guestId: 'a-guest-secret-of-some-length' }]) {
      yield { roles: [], ...guest, ...vouched };
      for (const roles of heldSets) {
        yield { userId: 'u', sessionId: 's', roles, ...guest, ...vouched };
      }
    }
  }
}

/** The rule once more, in the words of the contract, as one table of who is let in. */
function letIn(rule: AccessRule, caller: Caller): boolean {
  const user = caller.userId !== undefined;
  const carried = caller.service === 'edge' || caller.service === 'gateway';
  return [
    carried && rule.public,
    carried && rule.customer && user,
    carried && user && rule.roles.some((role) => caller.roles.includes(role)),
    carried && user && rule.roles.length > 0 && caller.roles.includes('admin'),
    rule.services.some((service) => service === caller.service),
  ].includes(true);
}

const allowed: readonly AccessDecision[] = ['public', 'customer', 'role', 'service'];

test('every rule lets in exactly whom it names, for every caller', () => {
  let decisions = 0;
  for (const rule of rules()) {
    for (const caller of callers()) {
      const decision = decideAccess(rule, caller);
      assert.equal(
        allowed.includes(decision),
        letIn(rule, caller),
        `${JSON.stringify({ rule, caller })} -> ${decision}`,
      );
      decisions += 1;
    }
  }
  assert.equal(decisions, 36 * 70);
});

test('who is not let in is asked to sign in only if no user is known, and signing in could help', () => {
  for (const rule of rules()) {
    for (const caller of callers()) {
      const decision = decideAccess(rule, caller);
      if (!allowed.includes(decision)) {
        const carried = caller.service === 'edge' || caller.service === 'gateway';
        const helps = carried && caller.userId === undefined && (rule.customer || rule.roles.length > 0);
        const expected = caller.service === undefined ? 'unidentified' : helps ? 'unauthenticated' : 'denied';
        assert.equal(decision, expected, JSON.stringify({ rule, caller }));
      }
    }
  }
});

test('a method without the option is denied to everybody', () => {
  assert.equal(accessRule(Health.method.check), undefined);
  for (const caller of callers()) {
    assert.equal(decideAccess(undefined, caller), 'denied');
  }
});

test('staff are let in by their role, where it is named, so that the call is audited', () => {
  const rule = { public: false, customer: true, roles: ['support'], services: ['order'] };
  const service = 'edge';
  assert.equal(decideAccess(rule, { userId: 'u', roles: ['support'], service }), 'role');
  assert.equal(decideAccess(rule, { userId: 'u', roles: ['admin'], service }), 'role');
  assert.equal(decideAccess(rule, { userId: 'u', roles: ['analyst'], service }), 'customer');
  assert.equal(decideAccess(rule, { userId: 'u', roles: ['admin'], service: 'order' }), 'service');
  assert.equal(decideAccess(rule, { userId: 'u', roles: ['admin'], service: 'cart' }), 'denied');
});
