import { z } from 'zod';
import { readConfig } from '#platform/config/config.ts';

/** The service's own settings. */
export const readProductConfig = () =>
  readConfig({
    SHOP_CURRENCY: z
      .string()
      .regex(/^[A-Z]{3}$/)
      .default('USD'),
  });
