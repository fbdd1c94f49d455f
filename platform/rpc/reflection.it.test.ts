import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import {
  create,
  createFileRegistry,
  fromBinary,
  getOption,
  type MessageInitShape,
  toBinary,
} from '@bufbuild/protobuf';
import {
  type FileDescriptorProto,
  FileDescriptorProtoSchema,
  FileDescriptorSetSchema,
} from '@bufbuild/protobuf/wkt';
import { Client, status } from '@grpc/grpc-js';
import {
  ServerReflectionRequestSchema,
  ServerReflectionResponseSchema,
} from '#gen/grpc/reflection/v1/reflection_pb.ts';
import { CartService } from '#gen/shopverse/cart/v1/cart_service_pb.ts';
import { access } from '#gen/shopverse/options/v1/options_pb.ts';
import { bind, type Handlers } from '#platform/rpc/bind.ts';
import { type TestMesh, testMesh } from '#platform/testing/test-mesh.ts';

type Question = NonNullable<MessageInitShape<typeof ServerReflectionRequestSchema>['messageRequest']>;

let mesh: TestMesh;
let channel: Client;

before(async () => {
  mesh = await testMesh(['cart']);
  const none = CartService.methods.map(({ localName }) => [localName, () => assert.fail(localName)]);
  const handlers = Object.fromEntries(none) as Handlers<typeof CartService>;
  const cart = await mesh.start('cart', () => ({ rpc: [bind(CartService, handlers)] }));
  channel = new Client(`127.0.0.1:${cart.grpcPort}`, mesh.connectAs());
});

after(async () => {
  channel.close();
  await mesh.close();
});

function ask(messageRequest: Question) {
  const asIs = (bytes: Buffer) => bytes;
  const path = '/grpc.reflection.v1.ServerReflection/ServerReflectionInfo';
  const stream = channel.makeBidiStreamRequest(path, asIs, asIs, { deadline: Date.now() + 5000 });
  const question = create(ServerReflectionRequestSchema, { messageRequest });
  stream.write(Buffer.from(toBinary(ServerReflectionRequestSchema, question)));
  stream.end();
  return new Promise<ReturnType<typeof read>>((resolve, reject) => {
    stream.on('data', (bytes: Buffer) => resolve(read(bytes)));
    stream.on('error', reject);
  });
}

function read(bytes: Buffer) {
  return fromBinary(ServerReflectionResponseSchema, bytes).messageResponse;
}

function importsFirst(
  file: FileDescriptorProto,
  files: readonly FileDescriptorProto[],
): FileDescriptorProto[] {
  const imported = file.dependency.flatMap((name) =>
    importsFirst(
      files.find((one) => one.name === name) ?? assert.fail(`${name} is not in the answer`),
      files,
    ),
  );
  return [...new Set([...imported, file])];
}

test('it lists what the server serves', async () => {
  const answer = await ask({ case: 'listServices', value: '' });
  assert(answer.case === 'listServicesResponse');
  const names = answer.value.service.map(({ name }) => name);
  assert(
    names.includes('shopverse.cart.v1.CartService') && names.includes('grpc.health.v1.Health'),
    names.join(),
  );
});

for (const value of [
  'shopverse.cart.v1.CartService',
  'shopverse.cart.v1.CartService.GetCart',
  'shopverse.cart.v1.Cart',
]) {
  test(`a client can rebuild the contract around ${value} from the answer, options and all`, async () => {
    const answer = await ask({ case: 'fileContainingSymbol', value });
    assert(answer.case === 'fileDescriptorResponse', JSON.stringify(answer));
    const files = answer.value.fileDescriptorProto.map((bytes) =>
      fromBinary(FileDescriptorProtoSchema, bytes),
    );
    const registry = createFileRegistry(
      create(FileDescriptorSetSchema, { file: importsFirst(files[0] ?? assert.fail(), files) }),
    );
    if (value.includes('CartService')) {
      const method = registry.getService('shopverse.cart.v1.CartService')?.method.mergeGuestCart;
      assert(method !== undefined && getOption(method, access).customer);
    } else {
      assert(registry.getMessage(value) !== undefined);
    }
  });
}

test('files by name, extensions by number, and what there is none of', async () => {
  const file = await ask({ case: 'fileByFilename', value: 'shopverse/cart/v1/cart.proto' });
  assert.equal(file.case, 'fileDescriptorResponse');
  const numbers = await ask({ case: 'allExtensionNumbersOfType', value: 'google.protobuf.MethodOptions' });
  assert(numbers.case === 'allExtensionNumbersResponse' && numbers.value.extensionNumber.includes(50001));
  const extension = await ask({
    case: 'fileContainingExtension',
    value: { containingType: 'google.protobuf.MethodOptions', extensionNumber: 50001 },
  });
  assert.equal(extension.case, 'fileDescriptorResponse');
  const none = await ask({ case: 'fileContainingSymbol', value: 'no.such.Thing' });
  assert(none.case === 'errorResponse' && none.value.errorCode === status.NOT_FOUND);
});
