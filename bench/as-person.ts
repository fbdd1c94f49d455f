import type { DescService } from '@bufbuild/protobuf';
import { UserService } from '#gen/shopverse/user/v1/user_service_pb.ts';
import { outsideClient } from '#platform/testing/outside-client.ts';
import { PEOPLE, type Person, passwordOf } from '../local/shop/accounts.ts';
import type { Stack } from '../local/stack.ts';

/** A grpc-js client through Envoy that carries one of the stack's people's token; to be closed. */
export async function clientAs<S extends DescService>(stack: Stack, person: Person, service: S) {
  const users = outsideClient(UserService, stack.ports.edge);
  const { tokens } = await users.logIn({
    email: PEOPLE[person].email,
    password: passwordOf(stack, person),
    deviceName: 'bench',
  });
  users.close();
  return outsideClient(service, stack.ports.edge, { token: tokens?.accessToken ?? '' });
}
