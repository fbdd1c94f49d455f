import { registerHooks } from 'node:module';
import { replaceTimeAndChance } from './engine/surroundings.ts';

const root = new URL('../../', import.meta.url).href;
const here = new URL('./memory/', import.meta.url).href;

/** What speaks SQL or to the operating system, and its double in memory. */
export const doubles: Readonly<Record<string, string>> = {
  'platform/consumer/inbox.ts': 'kernel/inbox.ts',
  'platform/deadletter/letters.ts': 'kernel/letters.ts',
  'platform/failpoint/failpoint.ts': 'kernel/failpoint.ts',
  'platform/idempotency/answers.ts': 'kernel/answers.ts',
  'platform/lease/grants.ts': 'kernel/grants.ts',
  'platform/outbox/append.ts': 'kernel/append.ts',
  'platform/outbox/relay-store.ts': 'kernel/relay-store.ts',
  'services/order/adapters/order-store.ts': 'order/order-store.ts',
  'services/order/adapters/order-views.ts': 'order/order-views.ts',
  'services/inventory/adapters/one-writer.ts': 'inventory/one-writer.ts',
  'services/inventory/adapters/reservations.ts': 'inventory/reservations.ts',
  'services/payment/adapters/claims.ts': 'payment/claims.ts',
  'services/payment/adapters/lock-payment.ts': 'payment/lock-payment.ts',
  'services/payment/adapters/reader.ts': 'payment/reader.ts',
  'services/payment/adapters/save-payment.ts': 'payment/save-payment.ts',
  'services/cart/adapters/writer.ts': 'cart/writer.ts',
};

/** A bug to be put into the code as it is loaded: `find`, which is there once, becomes `replace`. */
export type Patch = { readonly file: string; readonly find: string; readonly replace: string };

/**
 * From now on this thread loads the code under simulation: with doubles for what speaks SQL, with time and chance from
 * the seed, and with `patches`. Throws when a patch doesn't fit the code any more.
 */
export function loadForSimulation(patches: readonly Patch[] = []): void {
  replaceTimeAndChance();
  registerHooks({
    resolve(specifier, context, next) {
      const resolved = next(specifier, context);
      const double = resolved.url.startsWith(root) ? doubles[resolved.url.slice(root.length)] : undefined;
      const fromSimulation = context.parentURL?.startsWith(`${root}tests/simulation/`) ?? false;
      return double === undefined || fromSimulation ? resolved : { ...resolved, url: `${here}${double}` };
    },
    load(url, context, next) {
      const loaded = next(url, context);
      const own = patches.filter(({ file }) => url === root + file);
      if (own.length === 0) {
        return loaded;
      }
      let source = String(loaded.source);
      for (const { file, find, replace } of own) {
        if (source.split(find).length !== 2) {
          throw new Error(`${file} has not once: ${find}`);
        }
        source = source.replace(find, () => replace);
      }
      return { ...loaded, source };
    },
  });
}
