import type { Point } from '#platform/failpoint/failpoint.ts';
import { passFailpoint } from '../../world/failpoints.ts';

export type { Point };

/** Where the seed may have the process die. */
export function failpoint(step: string, point: Point): Promise<void> | undefined {
  return passFailpoint(step, point);
}
