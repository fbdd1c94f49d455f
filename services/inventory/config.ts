import { z } from 'zod';
import { readConfig } from '#platform/config/config.ts';

/** The inventory's own settings. */
export const readInventoryConfig = () =>
  readConfig({
    /** How long stock is held for an order that isn't confirmed. Longer than a checkout may take in all. */
    RESERVATION_HOLD_SECONDS: z.coerce.number().positive().default(600),
    /** How often reservations that were held for too long are looked for. */
    RESERVATION_SWEEP_SECONDS: z.coerce.number().positive().max(30).default(2),
  });
