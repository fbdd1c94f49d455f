import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, test } from 'node:test';
import { fromBinary } from '@bufbuild/protobuf';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import { status } from '@grpc/grpc-js';
import { BehaviourEventSchema } from '#gen/shopverse/gateway/v1/behaviour_events_pb.ts';
import { BehaviourService } from '#gen/shopverse/gateway/v1/behaviour_service_pb.ts';
import { RpcError } from '#platform/errors/rpc-error.ts';
import type { ConsumedRecord, RunningConsumer } from '#platform/kafka/kafka.ts';
import { stackCoordinates } from '#platform/testing/stack.ts';
import { type TestKafka, testKafka } from '#platform/testing/test-kafka.ts';
import { type TestMesh, type TestService, testMesh } from '#platform/testing/test-mesh.ts';
import { waitFor } from '#platform/testing/wait-for.ts';
import { createGroupWriter } from './adapters/group-writer.ts';
import { createKafkaBehaviourLog } from './adapters/kafka-behaviour-log.ts';
import { createRpc } from './rpc.ts';

const brokers = String(stackCoordinates().kafka.brokers);
const limits = { maxInFlight: 1_000, maxRecords: 2_000, maxBytes: 768 * 1024 };
const records: ConsumedRecord[] = [];
let kafka: TestKafka;
let reading: RunningConsumer;
let mesh: TestMesh;

before(async () => {
  kafka = await testKafka();
  mesh = await testMesh(['gateway']);
  reading = await kafka.kafka.consume({
    groupId: kafka.group(),
    topics: ['shopverse.behaviour.v1'],
    onAssigned: async () => [],
    onBatch: async (batch) => void records.push(...batch.records),
  });
});
after(async () => {
  await reading?.close();
  await mesh?.close();
  await kafka?.close();
});

function startGateway(brokers: string, maxInFlight: number): Promise<TestService> {
  return mesh.start(
    'gateway',
    (runtime) => {
      const writer = createGroupWriter(() => runtime.kafka.producer(), { ...limits, maxInFlight });
      const log = createKafkaBehaviourLog({ writer, source: runtime, log: runtime.log, random: () => 0 });
      return { rpc: [createRpc({ log, clock: runtime.clock })], close: () => writer.close() };
    },
    { KAFKA_BROKERS: brokers },
  );
}

const search = (query: string) => ({
  eventId: randomUUID(),
  eventTime: timestampFromDate(new Date()),
  event: {
    case: 'searchPerformed' as const,
    value: { searchId: randomUUID(), query, resultCount: 3n, filterCount: 0 },
  },
});

test('I-39, I-42: a batch is in the log when it is answered: in order, with every header, and no address', async () => {
  const gateway = await startGateway(brokers, 1_000);
  const token = await mesh.token({ sub: 'user-7' });
  const client = mesh.outside(BehaviourService, gateway.grpcPort, { token });
  const sessionId = randomUUID();
  const events = ['oats', 'ada@example.com', 'milk'].map(search);
  const answer = await client.publishBehaviourEvents({ sessionId, events });
  assert.equal(answer.writtenCount, 3);

  const own = () => records.filter(({ key }) => key?.toString() === sessionId);
  await waitFor('the records to be read', () => own().length === 3);
  const values = own().map(({ value }) => fromBinary(BehaviourEventSchema, value ?? Buffer.alloc(0)));
  assert.deepEqual(
    values.map(({ eventId }) => eventId),
    events.map(({ eventId }) => eventId),
  );
  assert.deepEqual(
    values.map(({ event }) => (event.case === 'searchPerformed' ? event.value.query : '')),
    ['oats', '[e-mail]', 'milk'],
  );
  assert.ok(values.every(({ userId }) => userId === 'user-7'));
  const headers = Object.fromEntries((own()[0]?.headers ?? []).map(([name, value]) => [name, `${value}`]));
  assert.equal(headers.ce_id, events[0]?.eventId);
  assert.equal(headers.ce_type, 'shopverse.gateway.v1.SearchPerformed');
  assert.equal(headers.ce_dataschema, 'shopverse.gateway.v1.BehaviourEvent');
  for (const name of ['ce_source', 'ce_time', 'ce_correlationid', 'ce_causationid', 'traceparent']) {
    assert.ok(headers[name], name);
  }
  client.close();
});

test('with the broker away, what is over the limit is refused with RetryInfo, and the rest in the end too', async () => {
  const gateway = await startGateway('127.0.0.1:1', 500);
  const client = mesh.outside(BehaviourService, gateway.grpcPort, { timeoutMs: 30_000 });
  const publish = (count: number) =>
    client
      .publishBehaviourEvents({
        sessionId: randomUUID(),
        events: Array.from({ length: count }, () => search('a')),
      })
      .catch((error: unknown) => error);
  const first = publish(400);
  const second = await publish(200);
  assert.ok(second instanceof RpcError);
  assert.equal(second.code, status.RESOURCE_EXHAUSTED);
  assert.equal(second.reason, 'TOO_MANY_IN_FLIGHT');
  assert.equal(second.details.retryAfterMs, 500);
  const ended = await first;
  assert.ok(ended instanceof RpcError);
  assert.equal(ended.code, status.UNAVAILABLE);
  assert.equal(ended.reason, 'LOG_UNAVAILABLE');
  client.close();
});

test('a batch with a time far away, a repeated id or too many events is refused, and nothing of it written', async () => {
  const gateway = await startGateway(brokers, 1_000);
  const client = mesh.outside(BehaviourService, gateway.grpcPort);
  const sessionId = randomUUID();
  const late = { ...search('late'), eventTime: timestampFromDate(new Date(Date.now() - 2 * 86_400_000)) };
  const twice = search('twice');
  const many = Array.from({ length: 501 }, () => search('many'));
  for (const [events, reason] of [
    [[search('a'), late], 'TIME_OUT_OF_RANGE'],
    [[twice, twice], 'INVALID_REQUEST'],
    [many, 'INVALID_REQUEST'],
    [[], 'INVALID_REQUEST'],
  ] as const) {
    const error = await client
      .publishBehaviourEvents({ sessionId, events: [...events] })
      .catch((e: unknown) => e);
    assert.ok(error instanceof RpcError, reason);
    assert.equal(error.reason, reason);
    assert.equal(error.code, status.INVALID_ARGUMENT);
  }
  await client.publishBehaviourEvents({ sessionId, events: [search('fine')] });
  const own = () => records.filter(({ key }) => key?.toString() === sessionId);
  await waitFor('the one good record', () => own().length > 0);
  assert.equal(own().length, 1);
  client.close();
});
