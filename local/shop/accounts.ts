import { randomUUID } from 'node:crypto';
import { Code, ConnectError } from '@connectrpc/connect';
import { Role } from '#gen/shopverse/options/v1/options_pb.ts';
import { UserService } from '#gen/shopverse/user/v1/user_service_pb.ts';
import { openSecrets } from '../secrets.ts';
import { ADMINISTRATOR } from '../services/environment.ts';
import type { Stack } from '../stack.ts';
import { anonymous, type Session, signIn } from './session.ts';

/** The people that every stack has, by what they do. The passwords are the stack's own secrets. */
export const PEOPLE = {
  catalogue: { email: 'catalogue@shopverse.local', roles: [Role.CATALOGUE] },
  warehouse: { email: 'warehouse@shopverse.local', roles: [Role.WAREHOUSE] },
  support: { email: 'support@shopverse.local', roles: [Role.SUPPORT] },
  analyst: { email: 'analyst@shopverse.local', roles: [Role.ANALYST] },
  till: { email: 'till@shopverse.local', roles: [Role.TILL] },
  customer: { email: 'customer@shopverse.local', roles: [] },
} as const;

/** One of them. */
export type Person = keyof typeof PEOPLE;

/** Logs one of the stack's people in. */
export function signInAs(stack: Stack, person: Person): Promise<Session> {
  return signIn(stack, PEOPLE[person].email, passwordOf(stack, person));
}

/** The person's password. */
export function passwordOf(stack: Stack, person: Person): string {
  return openSecrets(stack.state)(`people/${person}`);
}

/** Registers whoever has no account yet, and gives them their roles. */
export async function ensurePeople(stack: Stack): Promise<void> {
  const administrator = await signIn(stack, ADMINISTRATOR, openSecrets(stack.state)('user/administrator'));
  const users = administrator.client(UserService);
  for (const [person, { email, roles }] of Object.entries(PEOPLE)) {
    await anonymous(stack, UserService).register({
      requestId: randomUUID(),
      email,
      displayName: person,
      password: passwordOf(stack, person as Person),
    });
    const { users: found } = await users.listUsers({ email });
    const user = found[0];
    if (user === undefined)
      throw new ConnectError(`${email} was registered and is not there.`, Code.DataLoss);
    await users.setUserRoles({ userId: user.userId, roles: [...roles] });
  }
}
