import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { parse } from 'yaml';
import { portsFor } from '../ports.ts';
import { renderServer, renderUsers } from './clickhouse/config.ts';
import { renderFlink } from './flink/config.ts';
import { lacking } from './kafka/declare-topics.ts';
import { renderProperties } from './kafka/kafka.ts';
import { renderConfig as renderPrometheus } from './prometheus.ts';
import { renderAcl } from './redis.ts';

const PORTS = portsFor(12_000);
const secrets = (name: string) => `secret of ${name}`;

test('Kafka listens on the loopback only and creates no topic unasked', () => {
  const lines = renderProperties(PORTS, '/data').split('\n');
  assert.ok(lines.includes('auto.create.topics.enable=false'));
  const listeners = lines.find((line) => line.startsWith('listeners='));
  assert.equal(listeners, 'listeners=PLAINTEXT://127.0.0.1:12592,CONTROLLER://127.0.0.1:12593');
});

test('only topics that are not there are created', () => {
  const declared = ['a', 'b'].map((name) => ({ name, partitions: 3, retentionMs: -1 }));
  assert.deepEqual(
    lacking(declared, ['a', 'of somebody else']).map((topic) => topic.name),
    ['b'],
  );
});

test('a Redis user reaches its own keys and none of the dangerous commands', () => {
  const [administrator, order] = renderAcl(['order'], secrets).split('\n');
  assert.match(administrator ?? '', /^user default on >secret of default ~\* &\* \+@all$/);
  assert.match(order ?? '', /~order:\* .*-@dangerous/);
});

test('ClickHouse’s unnamed user may open the ports and nothing else, and its reader has tables only', () => {
  const users = renderUsers(secrets);
  const grants = [...users.matchAll(/<query>(.*?)<\/query>/g)].map((match) => match[1]);
  assert.deepEqual(grants, [
    'GRANT SYSTEM LISTEN ON *.*',
    'GRANT SELECT ON system.numbers',
    'GRANT SELECT, SHOW ON *.*',
  ]);
  assert.match(users, /<password>secret of clickhouse\/writer<\/password>/);
  assert.match(renderServer('/home/x'), /<path>\/home\/x\/data\/<\/path>/);
});

test('Flink’s configuration is YAML with the ports of the base', () => {
  const config = parse(renderFlink(PORTS, '/state/flink', { metricsPort: 1, temporary: '/t' }));
  assert.equal(config.rest.port, 12_581);
  assert.equal(config.execution.checkpointing.dir, 'file:///state/flink/checkpoints');
});

test('the template of Prometheus names ports that there are', () => {
  const template = readFileSync(join(import.meta.dirname, '../../observability/prometheus.yml'), 'utf8');
  const config = parse(renderPrometheus(template, PORTS, { state: '/s', root: '/r' }));
  assert.deepEqual(config.scrape_configs[0].file_sd_configs[0].files, ['/s/prometheus/services.json']);
  assert.throws(() => renderPrometheus('{port nothing}', PORTS, { state: '', root: '' }), /no port/);
});
