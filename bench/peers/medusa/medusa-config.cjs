// Medusa as its own guide to production sets it up: no administration pages, Redis for events, workflows, locks and
// caches, a server and a worker of their own. Lies as medusa-config.js in the folder where Medusa is installed.
const { defineConfig } = require('@medusajs/framework/utils');

const redisUrl = process.env.REDIS_URL;
const secret = process.env.PEER_PASSWORD;

module.exports = defineConfig({
  admin: { disable: true },
  featureFlags: { caching: true },
  projectConfig: {
    databaseUrl: process.env.PEER_DATABASE,
    databaseDriverOptions: { connection: { ssl: false } },
    redisUrl,
    workerMode: process.env.PEER_MODE,
    http: { storeCors: '*', adminCors: '*', authCors: '*', jwtSecret: secret, cookieSecret: secret },
  },
  modules: [
    { resolve: '@medusajs/medusa/event-bus-redis', options: { redisUrl } },
    { resolve: '@medusajs/medusa/workflow-engine-redis', options: { redis: { redisUrl } } },
    {
      resolve: '@medusajs/medusa/locking',
      options: {
        providers: [
          {
            resolve: '@medusajs/medusa/locking-redis',
            id: 'locking-redis',
            is_default: true,
            options: { redisUrl },
          },
        ],
      },
    },
    {
      resolve: '@medusajs/medusa/caching',
      options: {
        providers: [
          {
            resolve: '@medusajs/caching-redis',
            id: 'caching-redis',
            is_default: true,
            options: { redisUrl },
          },
        ],
      },
    },
  ],
});
