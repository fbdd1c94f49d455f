import {
  createRegistry,
  type DescFile,
  type DescService,
  fromBinary,
  type MessageInitShape,
  type Registry,
  toBinary,
} from '@bufbuild/protobuf';
import { FileDescriptorProtoSchema } from '@bufbuild/protobuf/wkt';
import { type Server, type ServerDuplexStream, status } from '@grpc/grpc-js';
import {
  type ServerReflectionRequest,
  ServerReflectionRequestSchema,
  ServerReflectionResponseSchema,
} from '#gen/grpc/reflection/v1/reflection_pb.ts';
import { encode } from './codec.ts';

type Answer = NonNullable<MessageInitShape<typeof ServerReflectionResponseSchema>['messageResponse']>;

type Served = {
  readonly services: readonly DescService[];
  readonly files: readonly DescFile[];
  readonly registry: Registry;
};

/** Serves grpc.reflection.v1 for these services, so that grpcurl and its like need no protos. */
export function addReflection(server: Server, services: readonly DescService[]): void {
  const files = withDependencies(services.map((service) => service.file));
  const registry = createRegistry(...files);
  server.register(
    '/grpc.reflection.v1.ServerReflection/ServerReflectionInfo',
    (stream: ServerDuplexStream<Buffer, Buffer>) => {
      stream.on('data', (bytes: Buffer) => {
        let request: ServerReflectionRequest;
        try {
          request = fromBinary(ServerReflectionRequestSchema, bytes);
        } catch {
          stream.emit('error', { code: status.INVALID_ARGUMENT, details: 'Not a reflection request.' });
          return;
        }
        const messageResponse = answer(request, { services, files, registry });
        stream.write(
          encode(ServerReflectionResponseSchema, {
            validHost: request.host,
            originalRequest: request,
            messageResponse,
          } as MessageInitShape<typeof ServerReflectionResponseSchema>),
        );
      });
      stream.on('end', () => stream.end());
    },
    (bytes: Buffer) => bytes,
    (bytes: Buffer) => bytes,
    'bidi',
  );
}

function answer(
  { messageRequest: asked }: ServerReflectionRequest,
  { services, files, registry }: Served,
): Answer {
  switch (asked.case) {
    case 'listServices':
      return {
        case: 'listServicesResponse',
        value: { service: services.map(({ typeName }) => ({ name: typeName })) },
      };
    case 'fileByFilename':
      return fileAnswer(files.find((file) => file.proto.name === asked.value));
    case 'fileContainingSymbol':
      return fileAnswer(fileOf(asked.value, registry));
    case 'fileContainingExtension':
      return fileAnswer(
        registry.getExtensionFor(
          registry.getMessage(asked.value.containingType) ?? FileDescriptorProtoSchema,
          asked.value.extensionNumber,
        )?.file,
      );
    case 'allExtensionNumbersOfType': {
      const numbers = [...registry].flatMap((type) =>
        type.kind === 'extension' && type.extendee.typeName === asked.value ? [type.number] : [],
      );
      return {
        case: 'allExtensionNumbersResponse',
        value: { baseTypeName: asked.value, extensionNumber: numbers },
      };
    }
    case undefined:
      return refused(status.INVALID_ARGUMENT, 'Nothing is asked.');
    default:
      return asked satisfies never;
  }
}

/** A symbol may be a type, or a method or field of one. */
function fileOf(symbol: string, registry: Registry): DescFile | undefined {
  const parent = symbol.slice(0, symbol.lastIndexOf('.'));
  return (registry.get(symbol) ?? registry.get(parent))?.file;
}

function fileAnswer(file: DescFile | undefined): Answer {
  if (file === undefined) {
    return refused(status.NOT_FOUND, 'No such file or symbol.');
  }
  const fileDescriptorProto = withDependencies([file]).map(({ proto }) =>
    toBinary(FileDescriptorProtoSchema, proto),
  );
  return { case: 'fileDescriptorResponse', value: { fileDescriptorProto } };
}

function refused(errorCode: status, errorMessage: string): Answer {
  return { case: 'errorResponse', value: { errorCode, errorMessage } };
}

function withDependencies(files: readonly DescFile[]): readonly DescFile[] {
  const all = new Map<string, DescFile>();
  const add = (file: DescFile): void => {
    if (!all.has(file.name)) {
      all.set(file.name, file);
      file.dependencies.forEach(add);
    }
  };
  files.forEach(add);
  return [...all.values()];
}
