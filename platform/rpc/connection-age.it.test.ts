import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { type AddressInfo, connect, createServer } from 'node:net';
import { test } from 'node:test';
import { credentials, ServerCredentials } from '@grpc/grpc-js';
import { pino } from 'pino';
import { Health } from '#gen/grpc/health/v1/health_pb.ts';
import { createAuthority, issueCertificate } from '#platform/auth/certificate-authority.ts';
import { outsideClient } from '#platform/testing/outside-client.ts';
import { waitFor } from '#platform/testing/wait-for.ts';
import { CONNECTION_AGE, createRpcServer } from './server.ts';

test('a connection ends long before the certificates it was made with', () => {
  const { validTo } = new X509Certificate(issueCertificate(createAuthority(), 'cart'));
  const lifetime = Date.parse(validTo) - Date.now();
  // A new certificate is made at half of the old one's time; grpc-js takes a tenth more or less of the age.
  assert.ok(CONNECTION_AGE.most * 1.1 + CONNECTION_AGE.grace < lifetime / 2);
});

test('connections are replaced at their age, and no call that comes meanwhile fails', async () => {
  const server = createRpcServer({
    bindings: [],
    interceptors: [],
    credentials: ServerCredentials.createInsecure(),
    log: pino({ level: 'silent' }),
    ids: { uuid: () => 'an-id' },
    connectionAge: { most: 200, grace: 5_000 },
  });
  const port = await server.listen('127.0.0.1', 0);
  let connections = 0;
  const counting = createServer((socket) => {
    connections += 1;
    const through = connect(port, '127.0.0.1');
    socket.pipe(through).pipe(socket);
    socket.on('error', () => through.destroy());
    through.on('error', () => socket.destroy());
  });
  await new Promise<void>((resolve) => counting.listen(0, '127.0.0.1', resolve));
  const client = outsideClient(Health, (counting.address() as AddressInfo).port, {
    credentials: credentials.createInsecure(),
    timeoutMs: 30_000,
  });

  let calling = true;
  let answered = 0;
  const callers = Array.from({ length: 4 }, async () => {
    while (calling) {
      await client.check({});
      answered += 1;
    }
  });
  await waitFor('several connections', () => connections >= 4, 60_000);
  calling = false;
  await Promise.all(callers);
  assert.ok(answered > connections, `${answered} calls on ${connections} connections`);
  client.close();
  counting.close();
  await server.stop(1000);
});
