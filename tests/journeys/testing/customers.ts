import { randomBytes, randomUUID } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { DescService } from '@bufbuild/protobuf';
import type { Tokens } from '#gen/shopverse/user/v1/user_pb.ts';
import { UserService } from '#gen/shopverse/user/v1/user_service_pb.ts';
import type { Client } from '#platform/client/client.ts';
import { waitFor } from '#platform/testing/wait-for.ts';
import { stack, type Transport } from './transports.ts';

/** Somebody with a verified account of their own, signed in. */
export type Customer = {
  readonly userId: string;
  readonly email: string;
  readonly password: string;
  readonly tokens: Tokens;
  /** A client that carries the customer's token, which lives for five minutes. */
  client<S extends DescService>(service: S): Client<S>;
};

/** Registers, follows the link of the mail, and logs in. */
export async function newCustomer(transport: Transport, displayName = 'Ada Traveller'): Promise<Customer> {
  const users = transport.client(UserService);
  const email = `${randomBytes(8).toString('hex')}@journeys.example`;
  const password = randomBytes(12).toString('base64url');
  const since = new Date(Date.now() - 1000);
  await users.register({ requestId: randomUUID(), email, displayName, password });
  await users.verifyEmail({ token: await linkToken(email, 'verify', since) });
  const { tokens, user } = await users.logIn({ email, password, deviceName: 'journey' });
  if (tokens === undefined || user === undefined) throw new Error('The log-in gave no tokens.');
  return {
    userId: user.userId,
    email,
    password,
    tokens,
    client: (service) => transport.client(service, { token: tokens.accessToken }),
  };
}

/** The token in the newest mail's link to this address, written after `since`. Waits up to 30 s for it. */
export function linkToken(email: string, page: 'verify' | 'reset', since: Date): Promise<string> {
  const link = new RegExp(`/${page}\\?token=([\\w-]+)`);
  const folder = join(stack.state, 'mail', 'new');
  // Mails are named by UUIDs of version 7, which begin with the time.
  const oldest = since.getTime().toString(16).padStart(12, '0');
  return waitFor(
    `the mail to ${email}`,
    async () => {
      const names = (await readdir(folder)).sort().reverse();
      for (const name of names) {
        if (name.replaceAll('-', '') < oldest) return undefined;
        const mail = await readFile(join(folder, name), 'utf8');
        const token = mail.includes(`To: ${email}\r\n`) ? link.exec(mail)?.[1] : undefined;
        if (token !== undefined) return token;
      }
      return undefined;
    },
    30_000,
  );
}
