import type { AddressInfo, Server } from 'node:net';

/** Resolves to the port once the server listens; the machine chooses one for 0. Rejects when it can't be had. */
export async function listen(
  server: Server,
  { port, host }: { port: number; host: string },
): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, resolve);
  });
  return (server.address() as AddressInfo).port;
}
