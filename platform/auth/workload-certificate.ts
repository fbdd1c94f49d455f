import { X509Certificate } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { type ChannelCredentials, experimental, type ServerCredentials } from '@grpc/grpc-js';
import type { Logger } from '#platform/log/logger.ts';
import { serviceOf, spiffeId } from './workload.ts';

/** This workload's certificate, as servers and clients use it. Whoever connects later uses the newest one. */
export type WorkloadCertificate = {
  /** Asks callers for a certificate; who has none gets as far as being told so. */
  readonly server: ServerCredentials;
  /** Connects to the workload `peer` and to no other. */
  client(peer: string): ChannelCredentials;
  /** Hands over the certificate as it is, and each newer one. Returns what ends that. */
  follow(listener: (read: ReadCertificate) => void): () => void;
  stop(): void;
};

/** A certificate with its key, and the authorities' certificates, in PEM. */
export type ReadCertificate = { readonly identity: Buffer; readonly trust: Buffer };

const rereadMs = 5000;

/**
 * Reads this workload's certificate and key (one PEM file) and the authorities that it trusts (another), and follows
 * both: they are replaced long before they expire. Rejects when they can't be read at first; later the last ones hold.
 */
export async function followCertificate(options: {
  readonly identityPath: string;
  readonly trustPath: string;
  readonly log: Logger;
  readonly everyMs?: number;
}): Promise<WorkloadCertificate> {
  const { identityPath, trustPath, log } = options;
  let stamp = await stampOf(identityPath, trustPath);
  let read = await readPair(identityPath, trustPath);
  const identities = new Set<experimental.IdentityCertificateUpdateListener>();
  const authorities = new Set<experimental.CaCertificateUpdateListener>();
  const followers = new Set<(read: ReadCertificate) => void>();

  // Listeners are told a turn later: grpc-js registers what they are to change after it has registered them.
  const provider: experimental.CertificateProvider = {
    addIdentityCertificateListener: (listener) => {
      identities.add(listener);
      setImmediate(() => listener({ certificate: read.identity, privateKey: read.identity }));
    },
    removeIdentityCertificateListener: (listener) => identities.delete(listener),
    addCaCertificateListener: (listener) => {
      authorities.add(listener);
      setImmediate(() => listener({ caCertificate: read.trust }));
    },
    removeCaCertificateListener: (listener) => authorities.delete(listener),
  };

  async function follow(): Promise<void> {
    const newer = await stampOf(identityPath, trustPath);
    if (newer === stamp) {
      return;
    }
    read = await readPair(identityPath, trustPath);
    stamp = newer;
    for (const listener of authorities) listener({ caCertificate: read.trust });
    for (const listener of identities) {
      listener({ certificate: read.identity, privateKey: read.identity });
    }
    for (const follower of followers) follower(read);
    log.info(
      { valid_to: new X509Certificate(read.identity).validTo },
      'the workload certificate is a new one',
    );
  }
  const timer = setInterval(() => {
    follow().catch((error: unknown) =>
      log.warn({ err: error }, 'the workload certificate can not be read, the last one holds'),
    );
  }, options.everyMs ?? rereadMs).unref();

  return {
    server: experimental.createCertificateProviderServerCredentials(provider, provider, false),
    client: (peer) =>
      experimental.createCertificateProviderChannelCredentials(provider, provider, {
        checkServerIdentity: (_host, certificate) =>
          workloadIn(certificate.subjectaltname) === peer
            ? undefined
            : new Error(`the certificate is not ${spiffeId(peer)}'s`),
      }),
    follow: (listener) => {
      followers.add(listener);
      listener(read);
      return () => followers.delete(listener);
    },
    stop: () => clearInterval(timer),
  };
}

/** The workload that a certificate's alternative names prove: they hold exactly one URI, its SPIFFE id. */
export function workloadIn(alternativeNames: string | undefined): string | undefined {
  const uris = (alternativeNames ?? '').split(', ').filter((name) => name.startsWith('URI:'));
  return uris.length === 1 ? serviceOf((uris[0] ?? '').slice('URI:'.length)) : undefined;
}

async function readPair(identityPath: string, trustPath: string): Promise<ReadCertificate> {
  const [identity, trust] = await Promise.all([readFile(identityPath), readFile(trustPath)]);
  return { identity, trust };
}

async function stampOf(...paths: readonly string[]): Promise<string> {
  const stats = await Promise.all(paths.map((path) => stat(path)));
  return stats.map(({ mtimeMs, ino }) => `${ino}:${mtimeMs}`).join(' ');
}
