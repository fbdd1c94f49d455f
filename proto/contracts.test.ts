import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  type DescField,
  type DescMessage,
  type DescMethod,
  getOption,
  hasOption,
  ScalarType,
} from '@bufbuild/protobuf';
import { MethodOptions_IdempotencyLevel as Level } from '@bufbuild/protobuf/wkt';
import { field as fieldRules } from '#gen/buf/validate/validate_pb.ts';
import { access, code, Idempotency, idempotency, topic } from '#gen/shopverse/options/v1/options_pb.ts';
import { domainOf, errorReasonsOf, loadContracts, methodsOf, topicsOf } from './contracts.ts';

const files = await loadContracts();
const methods = methodsOf(files);
/** Where a repeat is a new act, or is stopped by the single-use secret that the request carries. */
const newActs = new Set([
  ...['VerifyEmail', 'LogIn', 'RefreshTokens', 'ChangePassword', 'RequestPasswordReset', 'ResetPassword'],
  'RotateSigningKey',
  ...['SignIn', 'Refresh'],
]);
const nameOf = (method: DescMethod) => `${method.parent.typeName}.${method.name}`;

test('every service of the platform has a contract', () => {
  const domains = new Set(files.filter((file) => file.services.length > 0).map(domainOf));
  for (const domain of [
    ...['gateway', 'user', 'product', 'cart', 'order', 'inventory', 'payment'],
    ...['notification', 'analytics', 'recommendation', 'review', 'config'],
  ]) {
    assert.ok(domains.has(domain), `${domain} declares no service`);
  }
});

test('every method says who may call it', () => {
  const silent = methods.filter((method) => {
    if (!hasOption(method, access)) return true;
    const stated = getOption(method, access);
    return !stated.public && !stated.customer && stated.roles.length + stated.services.length === 0;
  });
  assert.deepEqual(silent.map(nameOf), []);
});

test('every method says how a repeat is told, and those by request id have one', () => {
  for (const method of methods) {
    const byRequestId = getOption(method, idempotency) === Idempotency.REQUEST_ID;
    const hasRequestId = method.input.field.requestId?.scalar === ScalarType.STRING;
    assert.equal(
      byRequestId,
      hasRequestId,
      `${nameOf(method)}: the option and the field request_id go together`,
    );
    assert.ok(
      byRequestId || method.idempotency !== Level.IDEMPOTENCY_UNKNOWN || newActs.has(method.name),
      `${nameOf(method)} states neither an idempotency_level nor the option idempotency`,
    );
    assert.ok(
      !byRequestId || method.idempotency !== Level.NO_SIDE_EFFECTS,
      `${nameOf(method)} has no effects to repeat, and no use for a request id`,
    );
  }
});

test('every list pages', () => {
  for (const method of methods.filter(({ name }) => name.startsWith('List'))) {
    const { input, output } = method;
    const pages = input.field.pageSize && input.field.pageToken && output.field.nextPageToken;
    assert.ok(pages, `${nameOf(method)} must have page_size, page_token and next_page_token`);
  }
});

test('every topic is declared once, with partitions, on a oneof of past-tense facts', () => {
  const topics = topicsOf(files);
  assert.ok(topics.length >= 10, 'the topics were found');
  assert.equal(new Set(topics.map(({ topic: { name } }) => name)).size, topics.length);
  for (const { topic: declared, message, facts } of topics) {
    assert.match(declared.name, /^shopverse\.[a-z]+(\.[a-z-]+)*\.v\d+$/);
    assert.ok(declared.partitions > 0, `${declared.name} declares no partitions`);
    if (declared.derived) continue;
    assert.ok(facts.length > 0, `${message.typeName} needs a oneof "event" of facts`);
    for (const fact of facts) {
      assert.ok(fact.message, `${message.typeName}.${fact.name} is no message`);
    }
  }
});

test('every message named for events has a topic', () => {
  const events = files.flatMap((file) => file.messages).filter(({ name }) => name.endsWith('Event'));
  assert.deepEqual(
    events.filter((message) => !hasOption(message, topic)).map(({ typeName }) => typeName),
    [],
  );
});

test('every reason for a refusal has a gRPC code', () => {
  const reasons = errorReasonsOf(files);
  assert.ok(reasons.length >= 10, 'the reasons were found');
  for (const value of reasons.flatMap((declared) => declared.values)) {
    const stated = getOption(value, code);
    assert.ok(stated >= 1 && stated <= 16, `${value.parent.typeName}.${value.name} has the code ${stated}`);
  }
});

test('no event holds a field of personal data', async () => {
  const { personal } = await import('#gen/shopverse/options/v1/options_pb.ts');
  const seen = reachable(topicsOf(files).map(({ message }) => message));
  const fields = seen.flatMap((message) => message.fields).filter((field) => getOption(field, personal));
  assert.deepEqual(fields.map(String), []);
});

test('every id, quantity, size and number of a request has a rule', () => {
  const ruled = /(^|_)(id|ids|sku|skus|quantity|count|size|token|etag|units|number|position)$/;
  const inputs = reachable(methods.map(({ input }) => input)).filter((message) =>
    message.typeName.startsWith('shopverse.'),
  );
  const bare = inputs
    .flatMap((message) => message.fields)
    .filter((field) => ruled.test(field.name) && field.fieldKind !== 'message' && !hasRule(field));
  const allowed = new Set(['shopverse.common.v1.Money.minor_units']);
  assert.deepEqual(
    bare.map((field) => `${field.parent.typeName}.${field.name}`).filter((name) => !allowed.has(name)),
    [],
  );
});

function hasRule(field: DescField): boolean {
  return hasOption(field, fieldRules);
}

function reachable(messages: readonly DescMessage[], seen = new Set<DescMessage>()): DescMessage[] {
  for (const message of messages) {
    if (seen.has(message)) continue;
    seen.add(message);
    reachable(
      message.fields.flatMap((field) => field.message ?? []),
      seen,
    );
  }
  return [...seen];
}
