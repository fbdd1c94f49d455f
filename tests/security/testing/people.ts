import { UserService } from '#gen/shopverse/user/v1/user_service_pb.ts';
import { openSecrets } from '../../../local/secrets.ts';
import { ADMINISTRATOR } from '../../../local/services/environment.ts';
import { ensurePeople, PEOPLE, type Person, passwordOf } from '../../../local/shop/accounts.ts';
import { grpc, stack } from '../../journeys/testing/transports.ts';

/** An access token each of the administrator and of everybody else whom the stack has, by what they do. */
export async function staffTokens(): Promise<ReadonlyMap<string, string>> {
  const people = Object.keys(PEOPLE) as Person[];
  const [first] = people;
  if (first !== undefined) {
    const known = await logIn(PEOPLE[first].email, passwordOf(stack, first)).catch(() => undefined);
    if (known === undefined) await ensurePeople(stack);
  }
  const named = await Promise.all(
    people.map(
      async (person) =>
        [person as string, await logIn(PEOPLE[person].email, passwordOf(stack, person))] as const,
    ),
  );
  const admin = await logIn(ADMINISTRATOR, openSecrets(stack.state)('user/administrator'));
  return new Map([...named, ['admin', admin]]);
}

async function logIn(email: string, password: string): Promise<string> {
  const { tokens } = await grpc.client(UserService).logIn({ email, password, deviceName: 'security' });
  if (tokens === undefined) throw new Error(`${email} got no tokens.`);
  return tokens.accessToken;
}
