import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AnalyticsRecordSchema, LateFactSchema } from '#gen/shopverse/analytics/v1/analytics_events_pb.ts';
import { protoName, protoText } from './proto-text.ts';

test('a message is told with all it is made of', () => {
  assert.equal(
    protoText(LateFactSchema),
    [
      'syntax = "proto3";',
      'message shopverse_analytics_v1_LateFact { string event_id = 1; string topic = 2; string event_type = 3; ' +
        'google_protobuf_Timestamp event_time = 4; google_protobuf_Timestamp watermark = 5; bool overdue = 6; }',
      'message google_protobuf_Timestamp { int64 seconds = 1; int32 nanos = 2; }',
    ].join('\n'),
  );
});

test('the derived topic can be told, each type once', () => {
  const text = protoText(AnalyticsRecordSchema);
  assert.equal(protoName(AnalyticsRecordSchema), 'shopverse_analytics_v1_AnalyticsRecord');
  assert.equal(text.match(/message google_protobuf_Timestamp /g)?.length, 1);
  assert.equal(text.match(/enum shopverse_analytics_v1_Period /g)?.length, 1);
});
