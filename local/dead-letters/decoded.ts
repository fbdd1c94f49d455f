import { createRegistry, fromBinary, type JsonValue, toJson } from '@bufbuild/protobuf';
import { timestampDate } from '@bufbuild/protobuf/wkt';
import {
  DeadLetter_StateSchema,
  type GetDeadLetterResponse,
} from '#gen/shopverse/platform/v1/dead_letter_service_pb.ts';
import { loadContracts } from '../../proto/contracts.ts';

/** A dead letter for people and scripts: everything about it, its value as JSON where its type can be told. */
export type Decoded = {
  readonly id: string;
  readonly state: string;
  readonly error: string;
  readonly attempts: number;
  readonly since: string;
  readonly place: string;
  readonly key: string;
  /** Bytes that are no text are shown as `base64:…`. */
  readonly headers: readonly (readonly [name: string, value: string | null])[];
  readonly value: Readonly<{ type: string; json: JsonValue } | { problem: string; base64: string }> | null;
};

/** Resolves to the function that decodes letters by the platform's contracts. */
export async function openDecoder(): Promise<(letter: GetDeadLetterResponse) => Decoded> {
  const registry = createRegistry(...(await loadContracts()));
  return ({ deadLetter, headers, value }) => {
    if (deadLetter === undefined) throw new Error('The service answered without a dead letter.');
    const { id, state, error, attempts, topic, partition, offset, key, createTime } = deadLetter;
    const told = headers.map(
      (header) => [header.name, header.value === undefined ? null : textOf(header.value)] as const,
    );
    return {
      id,
      state: DeadLetter_StateSchema.value[state]?.localName ?? '',
      error,
      attempts,
      since: createTime ? timestampDate(createTime).toISOString() : '',
      place: `${topic}/${partition}/${offset}`,
      key: textOf(key),
      headers: told,
      value:
        value === undefined ? null : decoded(value, told.find(([name]) => name === 'ce_dataschema')?.[1]),
    };
  };

  function decoded(bytes: Uint8Array, type: string | null | undefined): Decoded['value'] {
    const base64 = Buffer.from(bytes).toString('base64');
    const schema = type ? registry.getMessage(type) : undefined;
    if (schema === undefined)
      return { problem: type ? `there is no type ${type}` : 'no type is told', base64 };
    try {
      return { type: schema.typeName, json: toJson(schema, fromBinary(schema, bytes), { registry }) };
    } catch (error) {
      return { problem: `it is no ${schema.typeName}: ${(error as Error).message}`, base64 };
    }
  }
}

const text = new TextDecoder('utf-8', { fatal: true });

function textOf(bytes: Uint8Array): string {
  try {
    return text.decode(bytes);
  } catch {
    return `base64:${Buffer.from(bytes).toString('base64')}`;
  }
}
