import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

type Operation = { operationId: string; parameters: { name: string; in: string }[] };

const text = readFileSync(new URL('../../docs/openapi.json', import.meta.url), 'utf8');
const document = JSON.parse(text);
const operations = Object.entries<Record<string, Operation>>(document.paths).flatMap(([path, verbs]) =>
  Object.values(verbs).map((operation) => ({ path, operation })),
);

test('every reference leads somewhere', () => {
  for (const [, name = ''] of text.matchAll(/"#\/components\/schemas\/([^"]+)"/g)) {
    assert.ok(Object.keys(document.components.schemas[name] ?? {}).length > 0, name);
  }
});

test('operations have names of their own, and say each field of their path', () => {
  assert.ok(operations.length > 80);
  assert.equal(new Set(operations.map(({ operation }) => operation.operationId)).size, operations.length);
  for (const { path, operation } of operations) {
    const said = operation.parameters.filter((parameter) => parameter.in === 'path').map(({ name }) => name);
    assert.deepEqual(
      said,
      [...path.matchAll(/\{([^}]+)\}/g)].map(([, name]) => name),
      path,
    );
    assert.equal(new Set(operation.parameters.map(({ name }) => name)).size, operation.parameters.length);
  }
});

test('nothing that is for services only is described', () => {
  assert.doesNotMatch(text, /QuoteCart|WatchConfig|ReportConfigVersion/);
});
