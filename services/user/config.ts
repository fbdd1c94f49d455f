import { z } from 'zod';
import { readConfig } from '#platform/config/config.ts';

/** The service's own settings. The secret seals keys and is half of every refresh token: 32 bytes, base64url. */
export const readUserConfig = () =>
  readConfig({
    REDIS_URL: z.string().min(1),
    JWT_ISSUER: z.string().min(1),
    JWT_AUDIENCE: z.string().min(1),
    USER_SECRET: z.string().min(32),
    MAIL_DIR: z.string().min(1),
    STORE_URL: z.string().default('https://shop.shopverse.local'),
    ACCESS_TOKEN_SECONDS: z.coerce.number().int().positive().default(300),
    SESSION_DAYS: z.coerce.number().positive().default(30),
    /** The first administrator, made when there is none. */
    ADMIN_EMAIL: z.string().optional(),
    ADMIN_PASSWORD: z.string().min(10).optional(),
  });
