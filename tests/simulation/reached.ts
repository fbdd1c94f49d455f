import { edges } from '../../services/order/domain/checkout-edges.ts';
import type { Coverage } from './world/coverage.ts';

/** The failpoints of the checkout's steps: where a process must have died in some run. */
const points: Readonly<Record<string, readonly string[]>> = {
  'order.place': ['P1', 'P2', 'P3'],
  'order.checkout': ['P1', 'P2', 'P3'],
  'order.relay': ['P5', 'P6'],
  'inventory.checkout': ['P1', 'P2', 'P3'],
  'inventory.relay': ['P5', 'P6'],
  'payment.checkout': ['P1', 'P2', 'P3'],
  'payment.authorise': ['P1', 'P4', 'P5'],
  'payment.capture': ['P1', 'P4', 'P5'],
  'payment.void': ['P1', 'P4', 'P5'],
  'payment.refund': ['P1', 'P4', 'P5'],
  'payment.relay': ['P5', 'P6'],
  'shopverse.cart.checkout': ['P1', 'P2', 'P3'],
  'cart.relay': ['P5', 'P6'],
};

/** Every crash point, as `step P1`. */
export const crashPoints = Object.entries(points).flatMap(([step, of]) =>
  of.map((point) => `${step} ${point}`),
);

/** The saga's edges and the crash points that no run has reached. */
export function unreached(coverage: Coverage): { readonly edges: string[]; readonly crashes: string[] } {
  return {
    edges: edges.map(({ name }) => name).filter((name) => coverage.edges[name] === undefined),
    crashes: crashPoints.filter((point) => coverage.crashes[point] === undefined),
  };
}
