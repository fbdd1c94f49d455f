import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { simulatorApi } from './api.ts';
import type { SimulatorConfig } from './config.ts';
import { openJournal } from './journal.ts';
import { openIndex } from './ledger-index.ts';
import type { Entry } from './objects.ts';
import { type Listening, listen } from './server.ts';
import { webhookSender } from './webhooks.ts';

/** Starts a simulator from what its journal says, which is all that it remembers. `log` gets one event a call. */
export async function startSimulator(
  config: SimulatorConfig,
  log: (message: string, fields: object) => void,
): Promise<Listening> {
  await mkdir(dirname(config.journal), { recursive: true });
  const index = openIndex(`${config.journal}.index`);
  const journal = await openJournal(config.journal, (line) => index.add(line as Entry));
  const webhooks = webhookSender({
    url: config.webhookUrl,
    secret: config.webhookSecret,
    onGivenUp: ({ id, type }) => log('an event could not be delivered', { id, type }),
  });
  const onError = (error: unknown) => log('a request failed', { error: String(error) });
  const listening = await listen({
    port: config.port,
    journal,
    api: simulatorApi({ journal, index, webhooks, lateMs: config.lateMs, onError }),
    onError,
  });
  return {
    port: listening.port,
    async close() {
      await listening.close();
      await journal.close();
      index.close();
    },
  };
}
