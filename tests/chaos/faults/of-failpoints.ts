import type { Point } from '#platform/failpoint/failpoint.ts';
import { until } from '../../../local/supervisor/client.ts';
import type { Fault } from '../fault.ts';

/** The steps of an order's way, by the service that takes them, and the points that each has. */
export const steps: readonly { service: string; step: string; points: readonly Point[] }[] = [
  { service: 'order', step: 'order.place', points: ['P1', 'P2', 'P3'] },
  { service: 'order', step: 'order.checkout', points: ['P1', 'P2', 'P3'] },
  { service: 'order', step: 'order.relay', points: ['P5', 'P6'] },
  { service: 'inventory', step: 'inventory.checkout', points: ['P1', 'P2', 'P3'] },
  { service: 'inventory', step: 'inventory.relay', points: ['P5', 'P6'] },
  { service: 'payment', step: 'payment.checkout', points: ['P1', 'P2', 'P3'] },
  { service: 'payment', step: 'payment.authorise', points: ['P1', 'P4', 'P5'] },
  { service: 'payment', step: 'payment.capture', points: ['P1', 'P4', 'P5'] },
  { service: 'payment', step: 'payment.relay', points: ['P5', 'P6'] },
  { service: 'cart', step: 'shopverse.cart.checkout', points: ['P1', 'P2', 'P3'] },
  { service: 'cart', step: 'cart.relay', points: ['P5', 'P6'] },
];

/** How long the load may take to come by the point. */
const PASSED_MS = 15_000;

/** F-01, F-03: a service is killed at each point of each of its steps, on one of the first passes. */
export const failpointFaults: readonly Fault[] = steps.flatMap(({ service, step, points }) =>
  points.map(
    (point): Fault => ({
      row: point === 'P6' ? 'F-03' : 'F-01',
      name: `kill ${step} at ${point}`,
      async inject(stage, dice) {
        const instance = `${service}-1`;
        const before = await stage.pid(instance);
        await stage.arm(instance, `${step}:${point}=kill@${1 + dice.below(5)}`);
        const killed = await until(PASSED_MS, async () => {
          const now = await stage.pid(instance).catch(() => undefined);
          return now !== before;
        });
        if (!killed) await stage.arm(instance, '');
        return async () => {
          // A process that came up meanwhile isn't armed: it reads the file only when it is told to.
          if (!killed && !neverPassed.has(step)) {
            throw new Error(`Nothing came by ${step}:${point} within ${PASSED_MS / 1000} s.`);
          }
        };
      },
    }),
  ),
);

/** Steps that an ordinary basket may not come by: it has no coupon that the cart would tell of. */
const neverPassed: ReadonlySet<string> = new Set(['cart.relay']);
