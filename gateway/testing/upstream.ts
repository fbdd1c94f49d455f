import { create, type DescMethod, type DescService, fromBinary, toBinary } from '@bufbuild/protobuf';
import { anyPack } from '@bufbuild/protobuf/wkt';
import {
  Metadata,
  Server,
  ServerCredentials,
  type ServerUnaryCall,
  type ServerWritableStream,
  type sendUnaryData,
  status,
} from '@grpc/grpc-js';
import { ErrorInfoSchema } from '#gen/google/rpc/error_details_pb.ts';
import { StatusSchema } from '#gen/google/rpc/status_pb.ts';

// biome-ignore lint/suspicious/noExplicitAny: one function serves methods of every type.
type Message = any;

/** A call as it came through the edge. */
type SeenCall = { readonly path: string; readonly request: Message; readonly metadata: Metadata };

/** What a method answers: fields, or a list of them for a stream. Throw a status number to refuse with it. */
type Answer = (request: Message) => Message | AsyncIterable<Message>;

/** A plain grpc-js server, which is what the platform's services are behind the edge. */
export type Upstream = {
  readonly port: number;
  readonly seen: SeenCall[];
  answer(method: DescMethod, answer: Answer): void;
  stop(): void;
};

/** Serves these services with grpc-js on a free port. A method without an answer is UNIMPLEMENTED. */
export async function startUpstream(services: readonly DescService[]): Promise<Upstream> {
  const answers = new Map<string, Answer>();
  const seen: SeenCall[] = [];
  const server = new Server();
  for (const method of services.flatMap((service) => service.methods)) {
    const path = pathOf(method);
    server.register(
      path,
      (call: Message, callback: Message) => {
        seen.push({ path, request: call.request, metadata: call.metadata });
        const answer = answers.get(path);
        if (method.methodKind === 'unary') serveUnary(method, answer, call, callback);
        else void serveStream(method, answer, call);
      },
      (message: Message) => Buffer.from(toBinary(method.output, message)),
      (bytes: Buffer) => fromBinary(method.input, bytes),
      method.methodKind === 'unary' ? 'unary' : 'serverStream',
    );
  }
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
      error ? reject(error) : resolve(bound),
    );
  });
  return {
    port,
    seen,
    answer: (method, answer) => void answers.set(pathOf(method), answer),
    stop: () => server.forceShutdown(),
  };
}

/** `/shopverse.order.v1.OrderService/GetOrder` */
export function pathOf(method: DescMethod): string {
  return `/${method.parent.typeName}/${method.name}`;
}

function serveUnary(
  method: DescMethod,
  answer: Answer | undefined,
  call: ServerUnaryCall<Message, Message>,
  callback: sendUnaryData<Message>,
): void {
  try {
    if (!answer) throw status.UNIMPLEMENTED;
    callback(null, create(method.output, answer(call.request)));
  } catch (code) {
    callback(refused(code));
  }
}

async function serveStream(
  method: DescMethod,
  answer: Answer | undefined,
  call: ServerWritableStream<Message, Message>,
): Promise<void> {
  try {
    if (!answer) throw status.UNIMPLEMENTED;
    for await (const fields of answer(call.request)) call.write(create(method.output, fields));
    call.end();
  } catch (code) {
    call.emit('error', refused(code));
  }
}

/** A refusal as the platform's services send it: with google.rpc.Status in the trailers. */
function refused(code: unknown) {
  if (typeof code !== 'number') throw code;
  const info = create(ErrorInfoSchema, {
    reason: 'TESTED',
    domain: 'shopverse.test',
    metadata: { code: `${code}` },
  });
  const details = create(StatusSchema, {
    code,
    message: 'Refused: é%',
    details: [anyPack(ErrorInfoSchema, info)],
  });
  const metadata = new Metadata();
  metadata.set('grpc-status-details-bin', Buffer.from(toBinary(StatusSchema, details)));
  return { code, details: 'Refused: é%', metadata };
}
