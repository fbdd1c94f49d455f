import { create, toBinary } from '@bufbuild/protobuf';
import { issueCertificate } from '#platform/auth/certificate-authority.ts';
import type { Call } from '#platform/rpc/bind.ts';
import type { Exchange, Interceptor } from '#platform/rpc/exchange.ts';
import { identified } from '#platform/rpc/identity.ts';
import { observed } from '#platform/rpc/observed.ts';
import { createRpcServer } from '#platform/rpc/server.ts';
import { testMesh } from '#platform/testing/test-mesh.ts';
import { runEdge } from '../../gateway/testing/run-edge.ts';
import { connectEdge } from '../../services/gateway/connect/connect-edge.ts';
import { readContract } from './contract.ts';
import { everyHeader } from './every-header.ts';
import { conformanceService } from './service.ts';

/** A server for the suite. */
export type ConformanceServer = {
  /** What the suite is to be told of it: a ServerCompatResponse behind its length. */
  readonly announcement: Buffer;
  stop(): Promise<void>;
};

/**
 * Starts what the suite calls a server: Envoy with the edge's own configuration, the gateway for Connect, and the kernel's
 * server, with the service of these descriptors.
 */
export async function startConformanceServer(schemaPath: string): Promise<ConformanceServer> {
  const { registry, files } = readContract(schemaPath);
  const [service] = files.flatMap((file) => file.services);
  const answerType = registry.getMessage('connectrpc.conformance.v1.ServerCompatResponse');
  if (service === undefined || answerType === undefined)
    throw new Error('another suite than this was made for');

  const exchanges = new WeakMap<Call, Exchange>();
  const remembered: Interceptor = (_method, next) => (exchange) => {
    exchanges.set(exchange.call, exchange);
    return next(exchange);
  };
  const exchangeOf = (call: Call): Exchange => {
    const exchange = exchanges.get(call);
    if (exchange === undefined) throw new Error('a call that never came');
    return exchange;
  };

  const mesh = await testMesh(['conformance', 'gateway']);
  const { kernel, log, ids } = await mesh.runtime('conformance');
  const rpc = createRpcServer({
    bindings: [conformanceService(service, registry, exchangeOf)],
    interceptors: [observed(kernel.metrics), identified(kernel.users), remembered],
    credentials: kernel.certificate.server,
    log,
    ids,
  });
  const grpc = await rpc.listen('127.0.0.1', 0);
  const stopping = new AbortController();
  const gateway = await mesh.start('gateway', (own) => ({
    rpc: [],
    front: connectEdge(files, own, stopping.signal, everyHeader),
  }));
  await mesh.discover('static', { conformance: [`127.0.0.1:${grpc}`] });
  const keys = Number(new URL(mesh.jwksUrl).port);
  const often = { requests: 1_000_000, per: 'second' } as const;
  const edge = await runEdge(
    {
      conformance: { grpc, http: grpc },
      gateway: { grpc: gateway.grpcPort, http: gateway.httpPort, front: gateway.frontPort ?? 0 },
      user: { grpc: keys, http: keys },
    },
    { jwksUrl: mesh.jwksUrl, limits: { address: often, user: often, methods: {} }, contracts: files },
    { own: issueCertificate(mesh.authority, 'edge'), authority: mesh.authority.certificate },
  );

  const { hostname: host, port } = new URL(edge.url);
  const answer = toBinary(answerType, create(answerType, { host, port: Number(port) } as never));
  const length = Buffer.alloc(4);
  length.writeUInt32BE(answer.byteLength);
  return {
    announcement: Buffer.concat([length, answer]),
    stop: async () => {
      stopping.abort();
      await Promise.allSettled([edge.stop(), rpc.stop(1000), mesh.close()]);
    },
  };
}
