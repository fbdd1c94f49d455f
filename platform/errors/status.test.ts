import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type ServiceError, status } from '@grpc/grpc-js';
import fc from 'fast-check';
import { ErrorReason, ErrorReasonSchema } from '#gen/shopverse/common/v1/error_reason_pb.ts';
import { Role, RoleSchema } from '#gen/shopverse/options/v1/options_pb.ts';
import { refusal } from './refusal.ts';
import { RpcError } from './rpc-error.ts';
import { fromStatus, toStatus } from './status.ts';

const text = fc.string({ unit: 'grapheme', maxLength: 60 });

test('what a refusal says comes whole over the wire', () => {
  fc.assert(
    fc.property(
      fc.record({
        code: fc.integer({ min: 1, max: 16 }),
        reason: fc.stringMatching(/^[A-Z][A-Z_]{1,30}$/),
        domain: fc.constantFrom('shopverse.order', 'shopverse.common'),
        message: text,
        details: fc.record(
          {
            metadata: fc.dictionary(fc.stringMatching(/^[a-z_]{1,10}$/), text, {
              maxKeys: 4,
              noNullPrototype: true,
            }),
            fields: fc.array(fc.record({ field: text, description: text }, { noNullPrototype: true }), {
              maxLength: 5,
            }),
            retryAfterMs: fc.nat(86_400_000),
          },
          { requiredKeys: ['metadata'], noNullPrototype: true },
        ),
      }),
      (refused) => {
        const sent = toStatus(new RpcError(refused));
        const received = fromStatus(Object.assign(new Error(), sent) as ServiceError, 'order');
        assert.equal(received.code, refused.code);
        assert.equal(received.reason, refused.reason);
        assert.equal(received.domain, refused.domain);
        assert.equal(received.message, refused.message);
        assert.deepEqual(received.details, refused.details);
        assert.equal(received.peer, 'order');
      },
    ),
    { numRuns: 200 },
  );
});

test('details that are no google.rpc.Status cost the reason, not the code', () => {
  const sent = toStatus(new RpcError({ code: status.ABORTED, reason: 'X', domain: 'd', message: 'm' }));
  sent.metadata.set('grpc-status-details-bin', Buffer.from([0xff, 0xff]));
  const received = fromStatus(Object.assign(new Error(), sent) as ServiceError, 'order');
  assert.equal(received.code, status.ABORTED);
  assert.equal(received.reason, '');
});

test('every reason of the kernel declares the code that it is refused with', () => {
  for (const value of ErrorReasonSchema.values) {
    if (value.number !== ErrorReason.UNSPECIFIED) {
      const refused = refusal(ErrorReasonSchema, value.number, 'no');
      assert(status[refused.code] !== undefined && refused.code !== status.OK);
      assert.equal(refused.reason, value.name.replace('ERROR_REASON_', ''));
    }
  }
  assert.equal(refusal(ErrorReasonSchema, ErrorReason.NOT_FOUND, 'no').code, status.NOT_FOUND);
  assert.equal(refusal(ErrorReasonSchema, ErrorReason.NOT_FOUND, 'no').domain, 'shopverse.common');
});

test('an enum that declares no codes, or a number that isn’t of it, is a bug and no refusal', () => {
  assert.throws(() => refusal(RoleSchema, Role.ADMIN, 'no'), TypeError);
  assert.throws(() => refusal(ErrorReasonSchema, 9999, 'no'), TypeError);
});
