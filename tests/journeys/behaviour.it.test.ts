import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { before, suite, test } from 'node:test';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import type { Client } from '@connectrpc/connect';
import { FunnelStep } from '#gen/shopverse/analytics/v1/analytics_pb.ts';
import { AnalyticsService } from '#gen/shopverse/analytics/v1/analytics_service_pb.ts';
import { BehaviourService } from '#gen/shopverse/gateway/v1/behaviour_service_pb.ts';
import { waitFor } from '#platform/testing/wait-for.ts';
import { signInAs } from '../../local/shop/accounts.ts';
import { PATIENCE_MS } from './testing/checkout.ts';
import { openShop } from './testing/staff.ts';
import { refusalOf, stack, TRANSPORTS } from './testing/transports.ts';

const VIEWS = 40;
const HOUR_MS = 3_600_000;

let analytics: Client<typeof AnalyticsService>;
before(async () => {
  await openShop();
  analytics = (await signInAs(stack, 'analyst')).client(AnalyticsService);
});

/** How often a step was taken around now. */
async function counted(step: FunnelStep): Promise<bigint> {
  const range = {
    startTime: timestampFromDate(new Date(Date.now() - HOUR_MS)),
    endTime: timestampFromDate(new Date(Date.now() + HOUR_MS)),
  };
  const { steps } = await analytics.getFunnel({ range });
  return steps.find((each) => each.step === step)?.count ?? 0n;
}

for (const transport of TRANSPORTS) {
  suite(`behaviour over ${transport.name}`, () => {
    const behaviour = transport.client(BehaviourService);
    const viewed = () => ({
      eventId: randomUUID(),
      eventTime: timestampFromDate(new Date()),
      event: { case: 'productViewed' as const, value: { productId: 'J-behaviour', sku: 'J-behaviour' } },
    });

    test('what visitors do is on the dashboard, and a repeated batch is there once', async () => {
      const before = await counted(FunnelStep.VIEWED);
      const batch = { sessionId: randomUUID(), events: Array.from({ length: VIEWS }, viewed) };
      assert.equal((await behaviour.publishBehaviourEvents(batch)).writtenCount, VIEWS);
      await behaviour.publishBehaviourEvents(batch);
      const after = await waitFor(
        'the views to be counted',
        async () => {
          // What happens after them is what tells the stream job that their minute is over.
          await behaviour.publishBehaviourEvents({ sessionId: randomUUID(), events: [viewed()] });
          const now = await counted(FunnelStep.VIEWED);
          return now >= before + BigInt(VIEWS) && now;
        },
        PATIENCE_MS,
      );
      assert.ok(after < before + 2n * BigInt(VIEWS), 'a repeat was counted again');
    });

    test('S-18 an event without an id, of another age or in too large a batch is refused', async () => {
      const publish = (events: Parameters<typeof behaviour.publishBehaviourEvents>[0]['events']) =>
        refusalOf(behaviour.publishBehaviourEvents({ sessionId: randomUUID(), ...(events && { events }) }));
      assert.match(await publish([{ ...viewed(), eventId: 'mine' }]), /^INVALID_ARGUMENT/);
      const old = timestampFromDate(new Date('2001-01-01'));
      assert.match(await publish([{ ...viewed(), eventTime: old }]), /^INVALID_ARGUMENT/);
      assert.match(await publish(Array.from({ length: 501 }, viewed)), /^INVALID_ARGUMENT/);
    });
  });
}
