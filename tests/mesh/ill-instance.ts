import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Server, ServerCredentials, status } from '@grpc/grpc-js';
import { istiodConfig } from '../../local/discovery/publish.ts';
import { renderWorkload } from '../../local/discovery/workloads.ts';
import { writeAtomically } from '../../local/files.ts';
import { identityPaths } from '../../local/services/identity.ts';
import type { Stack } from '../../local/stack.ts';

const NAME = 'product-ill';
const HEARD_MS = 3_000;
const asIs = (bytes: Buffer) => bytes;

/** An instance of product that is found like any other and answers UNAVAILABLE to every call. */
export type IllInstance = {
  /** How often it was called. */
  asked(): number;
  /** Takes it out of discovery, and ends it. */
  stop(): Promise<void>;
};

/** Starts one, with product's own certificate, in the registry of istiod alone. */
export async function startIllInstance(stack: Stack): Promise<IllInstance> {
  let asked = 0;
  const server = new Server();
  const method = {
    path: '/shopverse.product.v1.ProductService/ListCategories',
    requestStream: false,
    responseStream: false,
    requestSerialize: asIs,
    requestDeserialize: asIs,
    responseSerialize: asIs,
    responseDeserialize: asIs,
  } as const;
  server.addService(
    { listCategories: method },
    {
      listCategories: (_: unknown, reply: (error: object) => void) => {
        asked += 1;
        reply({ code: status.UNAVAILABLE, details: 'I am ill.' });
      },
    },
  );
  const own = identityPaths(stack.state, 'product');
  const pem = readFileSync(own.key);
  const secured = ServerCredentials.createSsl(
    readFileSync(own.trust),
    [{ private_key: pem, cert_chain: pem }],
    true,
  );
  const grpcPort = await new Promise<number>((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', secured, (error, port) => (error ? reject(error) : resolve(port)));
  });
  // Beside the folder of the supervisor, which drops what it doesn't know.
  const entry = join(istiodConfig(stack.state), 'visitors', `${NAME}.yaml`);
  const instance = { name: NAME, service: 'product', version: 'v1', grpcPort, httpPort: 0 };
  writeAtomically(entry, renderWorkload(instance));
  return {
    asked: () => asked,
    async stop() {
      rmSync(entry, { force: true });
      // Who calls it hears of that first.
      await sleep(HEARD_MS);
      await new Promise<void>((resolve) => server.tryShutdown(() => resolve()));
    },
  };
}
