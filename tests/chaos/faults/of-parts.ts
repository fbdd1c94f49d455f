import { setTimeout as sleep } from 'node:timers/promises';
import { AWKWARD_CARDS } from '../../journeys/testing/awkward-cards.ts';
import { byItself, type Fault } from '../fault.ts';

const DATABASES = ['order', 'inventory', 'payment', 'cart', 'user'];

/** What goes wrong within a part that goes on running. */
export const partFaults: readonly Fault[] = [
  {
    row: 'F-11',
    name: 'terminate all backends of Postgres',
    async inject(stage, dice) {
      for (let times = 1 + dice.below(3); times > 0; times -= 1) {
        await stage.sql(
          'postgres',
          `select pg_terminate_backend(pid) from pg_stat_activity
           where pid <> pg_backend_pid() and backend_type = 'client backend'`,
        );
        await sleep(500 + dice.below(1_500));
      }
      return byItself;
    },
  },
  ...DATABASES.map(
    (database): Fault => ({
      row: 'F-15',
      name: `a transaction held open in ${database}`,
      async inject(stage) {
        // It has a transaction id, so that the relay may not go beyond it.
        const held = stage.sql(database, 'begin; select pg_current_xact_id(); select pg_sleep(8); commit');
        return async () => void (await held);
      },
    }),
  ),
  {
    row: 'F-16',
    name: 'flush Redis',
    async inject(stage, dice) {
      for (let times = 1 + dice.below(3); times > 0; times -= 1) {
        await stage.redis((redis) => redis.flushall());
        await sleep(300);
      }
      return byItself;
    },
  },
  {
    row: 'F-27',
    name: 'the provider answers late, twice, in disorder',
    cards: AWKWARD_CARDS,
    inject: async () => byItself,
  },
  {
    row: 'F-27',
    name: 'the provider declines, loses, fails to capture',
    cards: [
      'pm_card_declined',
      'pm_card_insufficient_funds',
      'pm_card_timeout_lost',
      'pm_card_capture_fails',
      'pm_card_visa',
    ],
    // That a charge was lost is known only when it has been asked for in vain for most of a minute.
    quietMs: 120_000,
    inject: async () => byItself,
  },
  {
    row: 'F-28',
    name: 'the provider misbehaves and is killed',
    cards: [...AWKWARD_CARDS, 'pm_card_visa'],
    async inject(stage) {
      await stage.kill('payment-simulator-1');
      return byItself;
    },
  },
];
