import { fromBinary, fromJson, toBinary } from '@bufbuild/protobuf';
import { Client as Channel, credentials, Metadata, type ServiceError } from '@grpc/grpc-js';
import { StatusSchema } from '#gen/google/rpc/status_pb.ts';
import { type Client, pathOf } from './client.ts';
import { stateOf } from './library-clients.ts';
import { detailJson, fine, nameOf, type Outcome } from './outcome.ts';

/** grpc-js, without the platform's kernel around it. */
export function grpcClient(address: string): Client {
  const channel = new Channel(address, credentials.createInsecure());
  return {
    name: 'grpc-js',
    cannot: () => undefined,
    close: () => channel.close(),
    async call({ method, request, headers, deadlineMs }) {
      const metadata = new Metadata();
      for (const [name, value] of Object.entries(headers)) metadata.set(name, value);
      const bytes = Buffer.from(toBinary(method.input, fromJson(method.input, request)));
      const same = (value: Buffer) => value;
      // Not by a deadline of its own, which would race with the server's answer.
      if (deadlineMs !== undefined) metadata.set('grpc-timeout', `${deadlineMs}m`);
      const states: string[] = [];
      try {
        // A unary call is a stream of one answer.
        const answers = channel.makeServerStreamRequest(pathOf(method), same, same, bytes, metadata);
        for await (const answer of answers as AsyncIterable<Buffer>) {
          states.push(stateOf(method.output, fromBinary(method.output, answer)));
        }
        return fine(states);
      } catch (error) {
        return fromServiceError(error as ServiceError, states);
      }
    },
  };
}

function fromServiceError({ code, details, metadata }: ServiceError, states: readonly string[]): Outcome {
  const packed = metadata.get('grpc-status-details-bin')[0];
  const status = packed instanceof Buffer ? fromBinary(StatusSchema, packed) : undefined;
  return {
    code: nameOf(code),
    message: details,
    details: (status?.details ?? []).map(({ typeUrl, value }) => detailJson(typeUrl, value)),
    states,
  };
}
