import { createSecureServer, type Http2ServerRequest, type Http2ServerResponse } from 'node:http2';
import type { TLSSocket } from 'node:tls';
import { type WorkloadCertificate, workloadIn } from '#platform/auth/workload-certificate.ts';
import { CONNECTION_AGE } from '#platform/rpc/server.ts';
import { listen } from './listen.ts';

/** Answers one request of the edge's. */
export type FrontListener = (request: Http2ServerRequest, response: Http2ServerResponse) => void;

/** A server that only the edge can reach. */
export type FrontServer = {
  readonly port: number;
  /** Takes no more requests and resolves when the last is answered. */
  stop(): Promise<void>;
};

/** Serves HTTP/2 over mutual TLS to the edge; any other workload is cut off before its first request. */
export async function startFrontServer(options: {
  readonly host: string;
  readonly port: number;
  readonly certificate: WorkloadCertificate;
  readonly listener: FrontListener;
}): Promise<FrontServer> {
  const server = createSecureServer(
    {
      requestCert: true,
      rejectUnauthorized: true,
      minVersion: 'TLSv1.3',
      settings: { maxConcurrentStreams: 1000 },
    },
    options.listener,
  );
  const unfollow = options.certificate.follow(({ identity, trust }) =>
    server.setSecureContext({ key: identity, cert: identity, ca: trust, minVersion: 'TLSv1.3' }),
  );
  const sessions = new Set<{ close(): void }>();
  server.on('session', (session) => {
    if (workloadIn((session.socket as TLSSocket).getPeerCertificate().subjectaltname) !== 'edge') {
      session.destroy();
      return;
    }
    sessions.add(session);
    // What is under way may go on; what comes next connects anew, with the certificates of that day.
    const old = setTimeout(() => session.close(), CONNECTION_AGE.most).unref();
    const late = setTimeout(() => session.destroy(), CONNECTION_AGE.most + CONNECTION_AGE.grace).unref();
    session.once('close', () => {
      clearTimeout(old);
      clearTimeout(late);
      sessions.delete(session);
    });
  });
  const port = await listen(server, options);
  return {
    port,
    stop: () =>
      new Promise((resolve) => {
        unfollow();
        server.close(() => resolve());
        for (const session of sessions) session.close();
      }),
  };
}
