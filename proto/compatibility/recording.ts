import { createHash } from 'node:crypto';
import { globSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import {
  type DescField,
  type DescFile,
  type DescMessage,
  fromBinary,
  type JsonValue,
  toBinary,
  toJson,
} from '@bufbuild/protobuf';
import { topicsOf } from '../contracts.ts';
import { roundsFor, sampleOf } from './sample.ts';

/** A fact as some version of its contract wrote it. Stays in the tree for as long as such records may be read. */
export type Recording = {
  /** The topic's message, such as `shopverse.order.v1.OrderEvent`. */
  readonly message: string;
  /** The fact's message, such as `shopverse.order.v1.OrderPlaced`. */
  readonly fact: string;
  /** Which version of the fact's shape it is, from 1. */
  readonly version: number;
  /** The shape's fingerprint, by which a changed contract is told. */
  readonly shape: string;
  /** Records' values in hex, and what they mean. */
  readonly samples: readonly { readonly bytes: string; readonly json: JsonValue }[];
};

/** A fact of today's contracts, with the message that carries it. */
export type Fact = {
  readonly message: DescMessage;
  readonly field: DescField & { readonly message: DescMessage };
};

/** Where recordings lie. */
export const recordingsFolder = join(import.meta.dirname, 'recorded');

/** Every fact of these contracts, derived topics' records too. */
export function factsOf(contracts: readonly DescFile[]): Fact[] {
  return topicsOf(contracts).flatMap(({ message, facts }) =>
    facts.flatMap((field) => (field.message ? [{ message, field: field as Fact['field'] }] : [])),
  );
}

/** A recording of a fact as the contracts have it now. */
export function record({ message, field }: Fact, version: number): Recording {
  const at = field.oneof?.fields.indexOf(field) ?? 0;
  const cases = field.oneof?.fields.length ?? 1;
  const samples = Array.from({ length: roundsFor(field.message) }, (_, round) => {
    const sample = sampleOf(message, round * cases + at);
    return { bytes: Buffer.from(toBinary(message, sample)).toString('hex'), json: toJson(message, sample) };
  });
  return {
    message: message.typeName,
    fact: field.message.typeName,
    version,
    shape: shapeOf(message, field),
    samples,
  };
}

/** What today's code reads in recorded bytes. */
export function replay(message: DescMessage, bytes: string): JsonValue {
  return toJson(message, fromBinary(message, Buffer.from(bytes, 'hex')));
}

/** A fingerprint of everything that decides how a fact is written: numbers, names, types, enums' values, at any depth. */
export function shapeOf(message: DescMessage, field: DescField): string {
  const lines: string[] = [];
  const seen = new Set<string>();
  const visit = (desc: DescMessage, fields: readonly DescField[]) => {
    if (seen.has(desc.typeName)) return;
    seen.add(desc.typeName);
    for (const each of fields) {
      const type = each.message?.typeName ?? each.enum?.typeName ?? each.scalar;
      lines.push(
        `${desc.typeName}.${each.name}=${each.number}:${each.fieldKind}:${type}:${each.oneof?.name ?? ''}`,
      );
      for (const value of each.enum?.values ?? [])
        lines.push(`${value.parent.typeName}.${value.name}=${value.number}`);
    }
    for (const each of fields) if (each.message) visit(each.message, each.message.fields);
  };
  visit(message, [...message.fields.filter(({ oneof }) => oneof === undefined), field]);
  return createHash('sha256')
    .update([...new Set(lines)].sort().join('\n'))
    .digest('hex')
    .slice(0, 16);
}

/** All recordings in the tree, by fact and version. */
export function readRecordings(folder = recordingsFolder): Recording[] {
  return globSync('*.json', { cwd: folder })
    .map((path) => JSON.parse(readFileSync(join(folder, path), 'utf8')) as Recording)
    .sort((a, b) => a.fact.localeCompare(b.fact) || a.version - b.version);
}

/** The file of a recording. */
export function fileOf({ fact, version }: Pick<Recording, 'fact' | 'version'>): string {
  return `${basename(fact)}.${version}.json`;
}
