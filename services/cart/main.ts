import { createRuntime } from '#platform/runtime.ts';
import { runService } from '#platform/service/run-service.ts';
import type { CartTables } from './adapters/tables.ts';
import { readCartConfig } from './config.ts';
import { createConsumers } from './consumers.ts';
import { migrations } from './migrations/all.ts';
import { createRpc } from './rpc.ts';
import { cartExpiry } from './usecases/expire-carts.ts';

const HOUR = 3_600_000;

const config = readCartConfig();
const runtime = await createRuntime();
const database = await runtime.database<CartTables>(migrations);
const deps = {
  clock: runtime.clock,
  ids: runtime.ids,
  lifetimes: { user: config.CART_USER_TTL_HOURS * HOUR, guest: config.CART_GUEST_TTL_HOURS * HOUR },
};

await runService(runtime, {
  rpc: [createRpc({ ...deps, database, currency: config.SHOP_CURRENCY })],
  database,
  consumers: createConsumers(database, deps),
  workers: [cartExpiry(database, deps)],
});
