import assert from 'node:assert/strict';
import { test } from 'node:test';
import { localReplies } from './local-replies.ts';
import { LIMITS } from './rate-limits.ts';

type Mapper = {
  filter: object;
  status_code?: number;
  headers_to_add: { header: { key: string; value: string } }[];
  body_format_override: {
    text_format_source: { inline_string?: string; inline_bytes?: string };
    content_type?: string;
  };
};

const { mappers } = localReplies(LIMITS) as { mappers: Mapper[] };

/** Everything that a client is told: headers, with packed details unpacked, and the body. */
function told({ headers_to_add, body_format_override }: Mapper): string {
  const { inline_string, inline_bytes } = body_format_override.text_format_source;
  const body = inline_string ?? Buffer.from(inline_bytes ?? '', 'base64').toString();
  const packed = headers_to_add.find(({ header }) => header.key === 'grpc-status-details-bin')?.header.value;
  const inTrailers = /grpc-status-details-bin: (\S+)/.exec(body)?.[1];
  return body + Buffer.from(packed ?? inTrailers ?? '', 'base64').toString();
}

test('every reply has a reason, and the header with the correlation id', () => {
  assert.ok(mappers.length > 50);
  for (const mapper of mappers) {
    assert.match(told(mapper), /shopverse\.common/);
    assert.ok(mapper.headers_to_add.some(({ header }) => header.key === 'x-correlation-id'));
  }
});

test('frames are as long as they say', () => {
  const frames = mappers.flatMap(({ body_format_override }) => {
    const { inline_bytes } = body_format_override.text_format_source;
    return inline_bytes === undefined ? [] : [Buffer.from(inline_bytes, 'base64')];
  });
  assert.ok(frames.length > 20);
  for (const frame of frames) assert.equal(frame.readUInt32BE(1), frame.byteLength - 5);
});

test('no text holds what Envoy would take for a format', () => {
  for (const { body_format_override } of mappers) {
    const { inline_string, inline_bytes } = body_format_override.text_format_source;
    assert.doesNotMatch(inline_string ?? Buffer.from(inline_bytes ?? '', 'base64').toString(), /%/);
  }
});

test('who asked too often is told when to come again, in every form', () => {
  const limited = mappers.filter((mapper) => told(mapper).includes('RATE_LIMITED'));
  assert.ok(limited.length > 5);
  for (const mapper of limited) assert.match(told(mapper), /RetryInfo/);
});
