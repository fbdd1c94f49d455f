import { z } from 'zod';
import { readConfig } from '#platform/config/config.ts';
import { DEV_ORIGINS } from '../../gateway/envoy/cors.ts';

/**
 * The service's own settings: how many behaviour events may be on their way to the log at once, and the origins beside the
 * edge's own whose pages are the shop's, with commas between.
 */
export const readGatewayConfig = () =>
  readConfig({
    BEHAVIOUR_MAX_IN_FLIGHT: z.coerce.number().int().min(500).default(6_000),
    WEB_ORIGINS: z.string().default(DEV_ORIGINS.join()),
  });
