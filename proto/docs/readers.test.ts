import assert from 'node:assert/strict';
import { test } from 'node:test';
import { subscriptionsIn } from './readers.ts';

test('subscriptions are found with their consumer, whatever form the handlers have', () => {
  const source = `
    // subscribe(CommentedEventSchema, { never: handler })
    return [
      consumer({ name: 'stock.checkout', database, on: [
        subscribe(OrderEventSchema, {
          placed: reserve,
          confirmed: settle('commit, or { so'),
          async cancellationStarted(order, message) {
            await undo({ a: [1, 2], b: order }, message);
          },
          rejected: async ({ orderId }, { tx }) => { await release(tx, orderId); },
        }),
        subscribe(PaymentEventSchema, { captured }),
      ]}),
      consumer({ name: 'stock.audit', database, on: [subscribe(UserEventSchema, { erased: forget, })] }),
    ];`;
  assert.deepEqual(
    subscriptionsIn('inventory', source).map(
      ({ reader, schema, fact }) => `${reader.group} ${schema}.${fact}`,
    ),
    [
      'stock.checkout OrderEvent.placed',
      'stock.checkout OrderEvent.confirmed',
      'stock.checkout OrderEvent.cancellationStarted',
      'stock.checkout OrderEvent.rejected',
      'stock.checkout PaymentEvent.captured',
      'stock.audit UserEvent.erased',
    ],
  );
});

test('handlers that cannot be read off the text are an error, not a gap in the page', () => {
  assert.throws(() => subscriptionsIn('x', 'subscribe(OrderEventSchema, { ...handlers })'), /one by one/);
  assert.throws(() => subscriptionsIn('x', 'subscribe(OrderEventSchema, { placed: reserve'), /do not end/);
});
