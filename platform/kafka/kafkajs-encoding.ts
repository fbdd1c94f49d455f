import { createRequire } from 'node:module';
import type { Header } from './kafka.ts';

/** A record as kafkajs's producer has it encoded. Its headers are the port's own: in their order, names repeated, null. */
export type RecordToEncode = {
  /** Its place in its batch. */
  readonly offsetDelta: number;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: readonly Header[];
};

/** What kafkajs takes for its own encoder. */
type Encoded = { readonly buf: Buffer; readonly buffer: Buffer };

const NULL = -1;

/**
 * A record of version 2 (https://kafka.apache.org/documentation/#record). All records of a request have its time, so
 * none has one of its own beside it. kafkajs makes a zeroed buffer of half a KiB for each header of each record, which was
 * most of what a record with a dozen headers cost; this measures first and writes into one.
 */
export function encodeRecord({ offsetDelta, key, value, headers }: RecordToEncode): Encoded {
  let size = 2 + sizeOfInt(offsetDelta) + sizeOfBytes(key) + sizeOfBytes(value) + sizeOfInt(headers.length);
  for (const [name, held] of headers) {
    const length = Buffer.byteLength(name);
    size += sizeOfInt(length) + length + sizeOfBytes(held);
  }
  const buf = Buffer.allocUnsafe(sizeOfInt(size) + size);
  let at = writeInt(buf, 0, size);
  // No attributes, and no time.
  buf[at++] = 0;
  buf[at++] = 0;
  at = writeInt(buf, at, offsetDelta);
  at = writeBytes(buf, at, key);
  at = writeBytes(buf, at, value);
  at = writeInt(buf, at, headers.length);
  for (const [name, held] of headers) {
    at = writeInt(buf, at, Buffer.byteLength(name));
    at += buf.write(name, at);
    at = writeBytes(buf, at, held);
  }
  return { buf, buffer: buf };
}

/**
 * Has kafkajs encode records with `encodeRecord`, which takes the port's headers. Throws when kafkajs isn't built as known,
 * or has encoded records before.
 */
export function encodeForKafkajs(): void {
  const require = createRequire(import.meta.url);
  const place = require.resolve('kafkajs/src/protocol/recordBatch/record/v0/index.js');
  if (require(place) === encodeRecord) return;
  const request = require.resolve('kafkajs/src/protocol/requests/produce/v3/request.js');
  const loaded = require.cache[place];
  if (loaded === undefined || typeof loaded.exports !== 'function' || require.cache[request] !== undefined) {
    throw new Error('kafkajs encodes records in another way than 2.2.4, or has begun to already.');
  }
  loaded.exports = encodeRecord;
}

/** ZigZag, and seven bits a byte. Whole numbers from -1 to 2^30. */
function writeInt(buf: Buffer, start: number, number: number): number {
  let at = start;
  let rest = zigZag(number);
  while (rest > 0x7f) {
    buf[at++] = (rest & 0x7f) | 0x80;
    rest >>>= 7;
  }
  buf[at++] = rest;
  return at;
}

function sizeOfInt(number: number): number {
  let bytes = 1;
  for (let rest = zigZag(number) >>> 7; rest > 0; rest >>>= 7) bytes += 1;
  return bytes;
}

function zigZag(number: number): number {
  return (number << 1) ^ (number >> 31);
}

function writeBytes(buf: Buffer, start: number, bytes: Buffer | null): number {
  if (bytes === null) return writeInt(buf, start, NULL);
  const at = writeInt(buf, start, bytes.length);
  bytes.copy(buf, at);
  return at + bytes.length;
}

function sizeOfBytes(bytes: Buffer | null): number {
  return bytes === null ? sizeOfInt(NULL) : sizeOfInt(bytes.length) + bytes.length;
}
