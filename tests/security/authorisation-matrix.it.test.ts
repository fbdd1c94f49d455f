import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, suite, test } from 'node:test';
import { create, type DescMethod, toBinary } from '@bufbuild/protobuf';
import { status } from '@grpc/grpc-js';
import { PaymentService } from '#gen/shopverse/payment/v1/payment_service_pb.ts';
import { UserService } from '#gen/shopverse/user/v1/user_service_pb.ts';
import { accessRule, decideAccess } from '#platform/auth/access.ts';
import type { Caller } from '#platform/auth/caller.ts';
import { waitFor } from '#platform/testing/wait-for.ts';
import { edgeMethods } from '../../gateway/envoy/edge-methods.ts';
import { plannedInstances } from '../../local/plan.ts';
import { openSecrets } from '../../local/secrets.ts';
import { OWNERS } from '../../local/services/catalogue.ts';
import { OPERATOR } from '../../local/services/identity.ts';
import { PEOPLE, type Person } from '../../local/shop/accounts.ts';
import { domainOf, loadContracts, methodsOf } from '../../proto/contracts.ts';
import { fillCart, PATIENCE_MS, place } from '../journeys/testing/checkout.ts';
import { type Customer, newCustomer } from '../journeys/testing/customers.ts';
import { openShop } from '../journeys/testing/staff.ts';
import { grpc, stack } from '../journeys/testing/transports.ts';
import { staffTokens } from './testing/people.ts';
import { pastEdge, type RawCaller, throughEdge } from './testing/raw-calls.ts';

// S-15, S-09, S-44: every method of every contract, called by everybody. What is expected follows from the contracts'
// options alone; what is sent is no message, so that who is let in learns that, and nothing happens.

const contracts = await loadContracts();
const methods = methodsOf(contracts);
const exposed = new Set(edgeMethods(contracts).map(({ path }) => path));
const instances = plannedInstances({ stack, secrets: openSecrets(stack.state) });
const running = new Set<string>(instances.map(({ service }) => service));
const pathOf = (method: DescMethod) => `/${method.parent.typeName}/${method.name}`;
/** Where a method is asked for; what every service serves, of the order service. */
const serviceOf = (method: DescMethod) => {
  const domain = domainOf(method.parent.file);
  return domain === 'platform' ? 'order' : domain;
};

type Verdict = 'let in' | 'sign in' | 'refused' | 'no such method';

function verdictOf(code: number, service: string): Verdict | `code ${number}` {
  switch (code) {
    case status.INVALID_ARGUMENT:
      return 'let in';
    case status.UNAVAILABLE:
      // The edge let it pass to a service that isn't written yet.
      return running.has(service) ? `code ${code}` : 'let in';
    case status.UNAUTHENTICATED:
      return 'sign in';
    case status.PERMISSION_DENIED:
      return 'refused';
    case status.UNIMPLEMENTED:
      return 'no such method';
    default:
      return `code ${code}`;
  }
}

function expected(method: DescMethod, caller: Caller): Verdict {
  const decision = decideAccess(accessRule(method), caller);
  switch (decision) {
    case 'public':
    case 'customer':
    case 'role':
    case 'service':
      return 'let in';
    case 'unauthenticated':
    case 'unidentified':
      return 'sign in';
    case 'denied':
      return 'refused';
    default:
      return decision satisfies never;
  }
}

let tokens: ReadonlyMap<string, string>;
let owner: Customer;
let another: Customer;
before(async () => {
  tokens = await staffTokens();
  [owner, another] = await Promise.all([newCustomer(grpc), newCustomer(grpc)]);
});

test('every method states who may call it', () => {
  assert.ok(methods.length > 100);
  assert.deepEqual(methods.filter((method) => accessRule(method) === undefined).map(pathOf), []);
});

suite('through the edge', { concurrency: 3 }, () => {
  const rolesOf = (person: string) =>
    person === 'admin' ? ['admin'] : PEOPLE[person as Person].roles.length === 0 ? [] : [person];
  const people = ['nobody', 'a customer', ...Object.keys(PEOPLE), 'admin'];
  for (const person of people) {
    test(`S-09 S-15 ${person} x ${methods.length} methods`, async () => {
      const edge = throughEdge();
      const token = person === 'a customer' ? owner.tokens.accessToken : tokens.get(person);
      const roles = person === 'nobody' || person === 'a customer' ? [] : rolesOf(person);
      const user = person === 'nobody' ? {} : { userId: 'u', sessionId: 's' };
      const wrong: string[] = [];
      for (const method of methods) {
        const service = serviceOf(method);
        const headers = {
          ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
          ...(domainOf(method.parent.file) === 'platform' ? { 'x-shopverse-service': service } : {}),
        };
        const { code, message } = await edge.call(method, headers);
        const want = exposed.has(pathOf(method))
          ? expected(method, { ...user, roles, service: 'edge' })
          : 'no such method';
        const got = verdictOf(code, service);
        if (got !== want) wrong.push(`${pathOf(method)}: ${got}, not ${want} (${message})`);
      }
      edge.close();
      assert.deepEqual(wrong, []);
    });
  }
});

suite('past the edge', { concurrency: 3 }, () => {
  const served = methods.filter((method) => running.has(serviceOf(method)));
  for (const workload of [...OWNERS, OPERATOR, undefined]) {
    test(`S-15 S-44 ${workload ?? 'no workload'}, alone and for an administrator, x ${served.length} methods`, async () => {
      const wrong: string[] = [];
      const callers = new Map<string, RawCaller>();
      for (const method of served) {
        const service = serviceOf(method);
        const port = instances.find((instance) => instance.service === service)?.grpcPort ?? 0;
        const caller = callers.get(service) ?? pastEdge(port, workload);
        callers.set(service, caller);
        for (const token of [undefined, tokens.get('admin')]) {
          const user =
            token === undefined ? { roles: [] } : { userId: 'u', sessionId: 's', roles: ['admin'] };
          const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
          const { code, reason, message } = await caller.call(method, headers);
          const want = expected(method, workload === undefined ? user : { ...user, service: workload });
          const got = verdictOf(code, service);
          if (got !== want) wrong.push(`${pathOf(method)}: ${got}, not ${want} (${message})`);
          const because = workload === undefined ? 'WORKLOAD_UNKNOWN' : 'PERMISSION_DENIED';
          if (got === 'refused' || workload === undefined) assert.equal(reason, because, pathOf(method));
        }
      }
      for (const caller of callers.values()) caller.close();
      assert.deepEqual(wrong, []);
    });
  }
});

suite('what is somebody’s own', () => {
  /** Ids of the owner's things, by the name of the field that asks for one. */
  const own = new Map<string, string>();
  const edge = throughEdge();
  after(() => edge.close());

  before(async () => {
    const shop = await openShop();
    const sku = await shop.newProduct({ price: 1000n, onHand: 5 });
    const { orderId } = await place(owner, await fillCart(owner, { lines: [{ sku, quantity: 1 }] }));
    own.set('order_id', orderId);
    const paymentId = await waitFor(
      'the payment',
      async () => (await owner.client(PaymentService).listPayments({ orderId })).payments[0]?.paymentId,
      PATIENCE_MS,
    );
    own.set('payment_id', paymentId);
    const { email, password } = owner;
    await grpc.client(UserService).logIn({ email, password, deviceName: 'another device' });
    const { sessions } = await owner.client(UserService).listSessions({});
    own.set('session_id', sessions.find(({ current }) => !current)?.sessionId ?? '');
  });

  const personal = methods.filter(
    (method) =>
      running.has(serviceOf(method)) &&
      accessRule(method)?.customer &&
      method.input.fields.some(({ name }) => ['order_id', 'payment_id', 'session_id'].includes(name)) &&
      !method.name.startsWith('List'),
  );

  test('S-13 another customer is told of each that there is no such thing, as of one that there isn’t', async () => {
    assert.ok(personal.length >= 5, `${personal.length} methods`);
    for (const method of personal) {
      const request = (made: boolean) => requestFor(method, made ? own : new Map());
      const as = (one: Customer) => ({ authorization: `Bearer ${one.tokens.accessToken}` });
      const others = await edge.call(method, as(another), request(true));
      const nothing = await edge.call(method, as(another), request(false));
      assert.equal(others.code, status.NOT_FOUND, `${pathOf(method)}: ${others.message}`);
      assert.deepEqual(others, nothing, pathOf(method));
    }
    // Last, as one of them ends the session and another the order.
    for (const method of personal) {
      const headers = { authorization: `Bearer ${owner.tokens.accessToken}` };
      const { code, message } = await edge.call(method, headers, requestFor(method, own));
      assert.ok([status.OK, status.FAILED_PRECONDITION].includes(code), `${pathOf(method)}: ${message}`);
    }
  });
});

/** A request with these ids, and any where there is none. */
function requestFor(method: DescMethod, ids: ReadonlyMap<string, string>): Buffer {
  const fields = method.input.fields
    .filter(({ name }) => name.endsWith('_id'))
    .map(({ name, localName }) => [localName, ids.get(name) ?? randomUUID()]);
  return Buffer.from(toBinary(method.input, create(method.input, Object.fromEntries(fields))));
}
