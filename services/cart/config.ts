import { z } from 'zod';
import { readConfig } from '#platform/config/config.ts';

/** The service's own settings. Times are in hours. */
export const readCartConfig = () =>
  readConfig({
    SHOP_CURRENCY: z
      .string()
      .regex(/^[A-Z]{3}$/)
      .default('USD'),
    CART_USER_TTL_HOURS: z.coerce
      .number()
      .positive()
      .default(24 * 90),
    CART_GUEST_TTL_HOURS: z.coerce
      .number()
      .positive()
      .default(24 * 14),
  });
