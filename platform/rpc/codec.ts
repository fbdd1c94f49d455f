import {
  create,
  type DescMessage,
  fromBinary,
  type Message,
  type MessageInitShape,
  toBinary,
} from '@bufbuild/protobuf';
import { invalidRequest } from '#platform/errors/refusal.ts';

/** A message's bytes. grpc-js copies out of a Buffer, so the view is one, over the same memory. */
export function encode(schema: DescMessage, fields: MessageInitShape<DescMessage>): Buffer {
  const bytes = toBinary(schema, create(schema, fields));
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** A request from its bytes. Throws INVALID_ARGUMENT when they are no such message. */
export function decodeRequest(schema: DescMessage, bytes: Uint8Array): Message {
  try {
    return fromBinary(schema, bytes);
  } catch {
    // What exactly is wrong with the bytes is of no use to who sent them, nor a fault here.
    throw invalidRequest([{ field: '', description: `is not a ${schema.typeName}` }]);
  }
}
