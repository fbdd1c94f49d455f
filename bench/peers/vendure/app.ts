import { createRequire } from 'node:module';
import { join } from 'node:path';

// Vendure as its own starter sets it up for production, without the parts that nobody calls here (administration pages,
// mails, assets): jobs in the database and a worker of their own, search in the database. Called as
// `node app.ts populate|server|worker`, in the folder where it is installed.

// biome-ignore lint/suspicious/noExplicitAny: it is installed outside of this project, and its types with it.
type Untyped = any;

const required = createRequire(join(process.cwd(), 'package.json'));
const vendure: Untyped = required('@vendure/core');
const { PEER_PORT, PEER_DATABASE, PEER_CSV, PEER_PASSWORD } = process.env as Record<string, string>;
const database = new URL(PEER_DATABASE ?? '');

const config = {
  apiOptions: {
    hostname: '127.0.0.1',
    port: Number(PEER_PORT),
    introspection: false,
  },
  authOptions: {
    tokenMethod: ['bearer'],
    superadminCredentials: { identifier: 'superadmin', password: PEER_PASSWORD },
  },
  dbConnectionOptions: {
    type: 'postgres',
    host: database.hostname,
    port: Number(database.port),
    username: decodeURIComponent(database.username),
    password: decodeURIComponent(database.password),
    database: database.pathname.slice(1),
    // The tables are made once, by `populate`.
    synchronize: process.argv[2] === 'populate',
    logging: false,
  },
  paymentOptions: { paymentMethodHandlers: [vendure.dummyPaymentHandler] },
  plugins: [
    vendure.DefaultSchedulerPlugin.init(),
    vendure.DefaultJobQueuePlugin.init({ useDatabaseForBuffer: true }),
    vendure.DefaultSearchPlugin.init({
      // Each imported product would be a job of its own, of which five are done a second; then all are indexed at once.
      bufferUpdates: process.argv[2] === 'populate',
      indexStockStatus: true,
    }),
  ],
  logger: new vendure.DefaultLogger({ level: vendure.LogLevel.Warn }),
};

const INITIAL = {
  defaultLanguage: 'en',
  defaultZone: 'America',
  countries: [{ code: 'US', name: 'United States', zone: 'America' }],
  taxRates: [{ name: 'Standard Tax', percentage: 0 }],
  shippingMethods: [{ name: 'Standard', price: 499 }],
  paymentMethods: [
    {
      name: 'Dummy',
      handler: { code: 'dummy-payment-handler', arguments: [{ name: 'automaticSettle', value: 'true' }] },
    },
  ],
  collections: [],
};

switch (process.argv[2]) {
  case 'populate': {
    const { populate } = required('@vendure/core/cli');
    const app = await populate(() => vendure.bootstrap(config), INITIAL, PEER_CSV);
    await app.close();
    process.exit(0);
    break;
  }
  case 'server':
    await vendure.bootstrap(config);
    break;
  case 'worker':
    await (await vendure.bootstrapWorker(config)).startJobQueue();
    break;
  default:
    throw new Error('Say what to run: populate, server or worker.');
}
