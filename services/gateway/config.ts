import { z } from 'zod';
import { readConfig } from '#platform/config/config.ts';

/** The service's own settings: how many behaviour events may be on their way to the log at once. */
export const readGatewayConfig = () =>
  readConfig({ BEHAVIOUR_MAX_IN_FLIGHT: z.coerce.number().int().min(500).default(20_000) });
