import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  clone,
  create,
  createFileRegistry,
  type DescField,
  type DescFile,
  type DescMessage,
  fromBinary,
} from '@bufbuild/protobuf';
import { reflect } from '@bufbuild/protobuf/reflect';
import {
  type FieldDescriptorProto,
  FieldDescriptorProto_Type,
  type FileDescriptorProto,
  FileDescriptorProtoSchema,
  FileDescriptorSetSchema,
} from '@bufbuild/protobuf/wkt';
import { loadContracts } from '../contracts.ts';
import { factsOf, readRecordings, record, replay, shapeOf } from './recording.ts';
import { roundsFor, sampleOf } from './sample.ts';

const facts = factsOf(await loadContracts());
const recordings = readRecordings();
const messages = new Map(facts.map(({ message }) => [message.typeName, message]));

test('I-41 every recorded fact of every version means to this code what it meant when it was recorded', () => {
  assert.ok(recordings.length > 0, 'there are recordings');
  for (const { message: name, fact, version, samples } of recordings) {
    const message = messages.get(name);
    assert.ok(message, `${name} is gone, but records of it may be in the log`);
    for (const { bytes, json } of samples) {
      assert.deepEqual(replay(message, bytes), json, `${fact}, version ${version}`);
    }
  }
});

test('every fact is recorded in the shape that it has now', () => {
  const missing = facts
    .filter(({ message, field }) => {
      const shape = shapeOf(message, field);
      return !recordings.some((each) => each.fact === field.message.typeName && each.shape === shape);
    })
    .map(({ field }) => field.message.typeName);
  assert.deepEqual(missing, [], 'these are new or changed: run `npm run record` and commit what it adds');
});

test('a recording fills every field, and makes the same bytes each time', () => {
  for (const fact of facts) {
    const made = record(fact, 1);
    assert.deepEqual(made, record(fact, 1));
    const filled = new Set<string>();
    for (const { bytes } of made.samples) {
      collect(fact.message, fromBinary(fact.message, Buffer.from(bytes, 'hex')), filled);
    }
    const empty = fieldsUnder(fact.field.message).filter((name) => !filled.has(name));
    assert.deepEqual(empty, [], fact.field.message.typeName);
  }
});

test('a field that lost its number, its name or its type is noticed', () => {
  const order = facts.find(({ field }) => field.message.name === 'OrderPlaced');
  const id = order?.field.message.fields.find(({ name }) => name === 'order_id');
  assert.ok(order && id);
  const { samples } = record(order, 1);
  const changes: [what: string, change: (field: FieldDescriptorProto) => void][] = [
    ['number', (field) => void Object.assign(field, { number: 999 })],
    ['name', (field) => void Object.assign(field, { name: 'number', jsonName: 'number' })],
    ['type', (field) => void Object.assign(field, { type: FieldDescriptorProto_Type.BYTES })],
  ];
  for (const [what, change] of changes) {
    const message = changed(order.message, id, change);
    assert.notDeepEqual(replay(message, samples[0]?.bytes ?? ''), samples[0]?.json, what);
  }
  assert.deepEqual(
    replay(
      changed(order.message, id, () => undefined),
      samples[0]?.bytes ?? '',
    ),
    samples[0]?.json,
  );
});

test('rounds reach every case of a oneof and every value of an enum', () => {
  for (const { message, field } of facts) {
    const rounds = roundsFor(field.message);
    for (const { localName, enum: values } of field.message.fields) {
      if (!values) continue;
      const seen = new Set<unknown>();
      for (let round = 0; round < rounds; round++) {
        const sample = sampleOf(field.message, round) as unknown as Record<string, unknown>;
        for (const value of [sample[localName]].flat()) seen.add(value);
      }
      assert.equal(seen.size, values.values.length, `${message.typeName} ${field.name}.${localName}`);
    }
  }
});

/** The message as it would be with one field of its file declared otherwise. */
function changed(
  message: DescMessage,
  field: DescField,
  change: (field: FieldDescriptorProto) => void,
): DescMessage {
  const files = new Map<string, FileDescriptorProto>();
  const add = (file: DescFile) => {
    file.dependencies.forEach(add);
    files.set(file.proto.name, clone(FileDescriptorProtoSchema, file.proto));
  };
  add(message.file);
  const declared = [...files.values()]
    .flatMap((file) => file.messageType)
    .find(({ name }) => name === field.parent.name)
    ?.field.find(({ number }) => number === field.number);
  assert.ok(declared);
  change(declared);
  const registry = createFileRegistry(create(FileDescriptorSetSchema, { file: [...files.values()] }));
  const found = registry.getMessage(message.typeName);
  assert.ok(found);
  return found;
}

function collect(desc: DescMessage, message: ReturnType<typeof create>, into: Set<string>): void {
  const view = reflect(desc, message);
  for (const field of desc.fields) {
    if (!view.isSet(field)) continue;
    into.add(`${desc.typeName}.${field.name}`);
    const value = view.get(field) as unknown;
    const inner = field.message;
    if (!inner) continue;
    const values = field.fieldKind === 'message' ? [value] : [...(value as Iterable<unknown>)];
    for (const each of values) {
      const nested = (field.fieldKind === 'map' ? (each as unknown[])[1] : each) as { message?: unknown };
      if (nested.message) collect(inner, nested.message as ReturnType<typeof create>, into);
    }
  }
}

function fieldsUnder(desc: DescMessage, seen = new Set<DescMessage>()): string[] {
  if (seen.has(desc)) return [];
  seen.add(desc);
  return desc.fields.flatMap((field) => [
    `${desc.typeName}.${field.name}`,
    ...(field.message ? fieldsUnder(field.message, seen) : []),
  ]);
}
