import {
  create,
  type DescField,
  type DescMessage,
  type Message,
  type MessageInitShape,
  ScalarType,
} from '@bufbuild/protobuf';

// biome-ignore lint/suspicious/noExplicitAny: values of every type are made here, from their descriptors.
type Value = any;

/** Timestamps and durations have no JSON for just any number. */
const wellKnown: Record<string, (n: number) => Value> = {
  'google.protobuf.Timestamp': (n) => ({ seconds: 1_700_000_000n + BigInt(n), nanos: 123_000_000 }),
  'google.protobuf.Duration': (n) => ({ seconds: BigInt(n), nanos: 500_000_000 }),
};

/**
 * A message with every field set, always to the same values, no two alike where that can be. Of a oneof one case can be
 * set, and of an enum's values one: `round` 0, 1, 2 … takes the next in turn.
 */
export function sampleOf<D extends DescMessage>(desc: D, round: number): Message {
  return create(desc, fieldsOf(desc, round, 1, []) as MessageInitShape<D>);
}

/** How many rounds it takes until each case of each oneof, and each value of each enum, has come. */
export function roundsFor(desc: DescMessage, seen = new Set<DescMessage>()): number {
  if (seen.has(desc)) return 1;
  seen.add(desc);
  const own = [
    ...desc.oneofs.map((oneof) => oneof.fields.length),
    ...desc.fields.map((field) => (field.enum ? field.enum.values.length : 1)),
  ];
  const inner = desc.fields.flatMap((field) => (field.message ? [roundsFor(field.message, seen)] : []));
  // A nested choice only comes when the oneof that holds it is at its case.
  const chosen = desc.oneofs.flatMap((oneof) =>
    oneof.fields.map(
      (field) => oneof.fields.length * (field.message ? roundsFor(field.message, new Set(seen)) : 1),
    ),
  );
  return Math.max(1, ...own, ...inner, ...chosen);
}

function fieldsOf(desc: DescMessage, round: number, seed: number, above: readonly DescMessage[]): Value {
  const special = wellKnown[desc.typeName];
  if (special) return special(seed);
  const path = [...above, desc];
  const fields: Record<string, Value> = {};
  for (const member of desc.members) {
    if (member.kind === 'field') {
      if (!recurses(member, path)) fields[member.localName] = filled(member, round, seed, path);
      continue;
    }
    const cases = member.fields.filter((field) => !recurses(field, path));
    const chosen = cases[round % cases.length];
    if (chosen === undefined) continue;
    const inner = Math.floor(round / cases.length);
    fields[member.localName] = { case: chosen.localName, value: filled(chosen, inner, seed, path) };
  }
  return fields;
}

/** A message within itself would never end; the second time it is left out. */
function recurses(field: DescField, path: readonly DescMessage[]): boolean {
  return field.message !== undefined && path.includes(field.message);
}

function filled(field: DescField, round: number, seed: number, path: readonly DescMessage[]): Value {
  const n = (seed * 31 + field.number) % 100_003;
  switch (field.fieldKind) {
    case 'scalar':
      return scalar(field.scalar, field.name, n);
    case 'enum':
      return nth(field.enum.values, round).number;
    case 'message':
      return fieldsOf(field.message, round, n, path);
    case 'list':
      return [0, 1].map((at) => item(field, round + at, n + at, path));
    case 'map':
      return { [scalar(field.mapKey, field.name, n)]: item(field, round, n, path) };
    default:
      throw new TypeError(field satisfies never);
  }
}

function item(
  field: DescField & { fieldKind: 'list' | 'map' },
  round: number,
  n: number,
  path: readonly DescMessage[],
): Value {
  if (field.message) return fieldsOf(field.message, round, n, path);
  return field.enum ? nth(field.enum.values, round).number : scalar(field.scalar, field.name, n);
}

/** Zero isn't written on the wire, so the turn starts at the value after it. */
function nth<T>(values: readonly T[], round: number): T {
  const value = values[(round + 1) % values.length];
  if (value === undefined) throw new RangeError('An enum without values.');
  return value;
}

function scalar(type: ScalarType, name: string, n: number): Value {
  switch (type) {
    case ScalarType.STRING:
      return `${name}-${n}`;
    case ScalarType.BYTES:
      return new Uint8Array([n & 0xff, (n >> 8) & 0xff, 0xff]);
    case ScalarType.BOOL:
      return true;
    case ScalarType.DOUBLE:
    case ScalarType.FLOAT:
      return n + 0.5;
    case ScalarType.INT64:
    case ScalarType.SINT64:
    case ScalarType.SFIXED64:
      return -(2n ** 53n) - BigInt(n);
    case ScalarType.UINT64:
    case ScalarType.FIXED64:
      return 2n ** 63n + BigInt(n);
    case ScalarType.INT32:
    case ScalarType.SINT32:
    case ScalarType.SFIXED32:
      return -n;
    case ScalarType.UINT32:
    case ScalarType.FIXED32:
      return n;
    default:
      throw new TypeError(type satisfies never);
  }
}
