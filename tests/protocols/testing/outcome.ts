import { createRegistry, fromBinary, type JsonValue, toJson } from '@bufbuild/protobuf';
import { base64Decode } from '@bufbuild/protobuf/wire';
import { Code, ConnectError } from '@connectrpc/connect';
import { file_google_rpc_error_details } from '#gen/google/rpc/error_details_pb.ts';

/** How a call ended for its client, whatever the protocol. */
export type Outcome = {
  /** `ok`, or gRPC's name for the code, such as `NOT_FOUND`. */
  readonly code: string;
  readonly message: string;
  /** Each as JSON, with its type under `@type`. */
  readonly details: readonly JsonValue[];
  /** The states of the orders that came before the end. */
  readonly states: readonly string[];
};

const registry = createRegistry(file_google_rpc_error_details);

/** A call that went well. */
export function fine(states: readonly string[]): Outcome {
  return { code: 'ok', message: '', details: [], states };
}

/** A refusal as Connect's libraries throw it. */
export function fromConnectError(error: unknown, states: readonly string[]): Outcome {
  const { code, rawMessage, details } = ConnectError.from(error);
  const read = details.map((detail) => {
    if ('desc' in detail) throw new TypeError('a detail of our own making');
    return detailJson(detail.type, detail.value);
  });
  return { code: nameOf(code), message: rawMessage, details: read, states };
}

/** A refusal as Connect's JSON has it. */
export function fromConnectJson(json: ConnectJson, states: readonly string[]): Outcome {
  const code = (json.code ?? 'unknown').toUpperCase().replace('CANCELED', 'CANCELLED');
  const details = (json.details ?? []).map(({ type, value }) => detailJson(type, base64Decode(value)));
  return { code, message: json.message ?? '', details, states };
}

export type ConnectJson = {
  readonly code?: string;
  readonly message?: string;
  readonly details?: readonly { readonly type: string; readonly value: string }[];
};

/** gRPC's name for a code's number. */
export function nameOf(code: number): string {
  const name = Code[code] ?? 'OK';
  return name === 'Canceled' ? 'CANCELLED' : name.replace(/(?<=.)([A-Z])/g, '_$1').toUpperCase();
}

/** A detail as JSON, with its type. */
export function detailJson(type: string, value: Uint8Array): JsonValue {
  const name = type.slice(type.lastIndexOf('/') + 1);
  const desc = registry.getMessage(name);
  if (desc === undefined) throw new Error(`There is no ${name}.`);
  return { '@type': name, ...(toJson(desc, fromBinary(desc, value), { registry }) as object) };
}
