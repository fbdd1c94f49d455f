import { z } from 'zod';
import { readConfig } from '#platform/config/config.ts';

const milliseconds = (usual: number) => z.coerce.number().int().min(100).max(3_600_000).default(usual);

/** The service's own settings. Waits are in milliseconds, the fee in minor units of the order's currency. */
export const readOrderConfig = () => {
  const read = readConfig({
    ORDER_RESERVE_WAIT_MS: milliseconds(15_000),
    ORDER_PAYMENT_WAIT_MS: milliseconds(60_000),
    ORDER_CAPTURE_WAIT_MS: milliseconds(120_000),
    ORDER_COMPENSATION_WAIT_MS: milliseconds(60_000),
    ORDER_DELIVERY_FEE: z.coerce.bigint().min(0n).max(1_000_000n).default(499n),
    ORDER_MAX_UNSETTLED: z.coerce.number().int().min(1).default(10),
  });
  return {
    waits: {
      ReserveDeadline: read.ORDER_RESERVE_WAIT_MS,
      PaymentDeadline: read.ORDER_PAYMENT_WAIT_MS,
      CaptureDeadline: read.ORDER_CAPTURE_WAIT_MS,
      CompensationDeadline: read.ORDER_COMPENSATION_WAIT_MS,
    },
    policy: { deliveryFee: read.ORDER_DELIVERY_FEE, maxUnsettled: read.ORDER_MAX_UNSETTLED },
  };
};
