import {
  createPrivateKey,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
  sign,
  X509Certificate,
} from 'node:crypto';
import { meshHost, spiffeId } from './workload.ts';

/** A certificate authority of workloads: its certificate and its private key, as PEM. */
export type Authority = { readonly certificate: string; readonly key: string };

/** A certificate may be used this long before it was made: two machines' clocks are never the same. */
const SKEW_MS = 5 * 60_000;
const DAY_MS = 24 * 3600_000;
const AUTHORITY_LIFETIME_MS = 3650 * DAY_MS;

const OID = {
  ecdsaWithSha256: '1.2.840.10045.4.3.2',
  organization: '2.5.4.10',
  basicConstraints: '2.5.29.19',
  keyUsage: '2.5.29.15',
  extendedKeyUsage: '2.5.29.37',
  subjectAltName: '2.5.29.17',
  serverAuth: '1.3.6.1.5.5.7.3.1',
  clientAuth: '1.3.6.1.5.5.7.3.2',
} as const;
const AUTHORITY_NAME = sequence(
  der(0x31, sequence(oid(OID.organization), der(0x0c, Buffer.from('shopverse mesh')))),
);

/** Makes an authority: an EC P-256 key and a certificate signed with it. */
export function createAuthority(): Authority {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const certificate = makeCertificate(privateKey, {
    subject: AUTHORITY_NAME,
    publicKey,
    lifetimeMs: AUTHORITY_LIFETIME_MS,
    // May sign certificates, and nothing else.
    extensions: [
      extension(OID.basicConstraints, sequence(der(0x01, Buffer.from([0xff])))),
      extension(OID.keyUsage, bits(0x04, 2)),
    ],
  });
  return { certificate, key: privateKey.export({ type: 'pkcs8', format: 'pem' }) as string };
}

/**
 * A new key for `service` and its X.509-SVID: the SPIFFE id as the only URI, and the mesh's name for clients that look
 * for one. One PEM text, certificate first, so that the pair is replaced by one rename.
 */
export function issueCertificate(authority: Authority, service: string, lifetimeMs = DAY_MS): string {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const names = [der(0x86, Buffer.from(spiffeId(service))), der(0x82, Buffer.from(meshHost(service)))];
  const certificate = makeCertificate(createPrivateKey(authority.key), {
    subject: sequence(),
    publicKey,
    lifetimeMs,
    extensions: [
      extension(OID.keyUsage, bits(0x80, 7)),
      extension(OID.extendedKeyUsage, sequence(oid(OID.serverAuth), oid(OID.clientAuth))),
      extension(OID.subjectAltName, sequence(...names)),
    ],
  });
  return certificate + privateKey.export({ type: 'pkcs8', format: 'pem' });
}

/** Whether less than half of a certificate's life is left, or none; so is a text that is no certificate. */
export function isDue(pem: string, now = Date.now()): boolean {
  try {
    const { validFrom, validTo } = new X509Certificate(pem);
    const from = Date.parse(validFrom);
    return now > from + (Date.parse(validTo) - from) / 2;
  } catch {
    return true;
  }
}

function makeCertificate(
  signer: KeyObject,
  body: { subject: Buffer; publicKey: KeyObject; lifetimeMs: number; extensions: readonly Buffer[] },
): string {
  const algorithm = sequence(oid(OID.ecdsaWithSha256));
  const serial = randomBytes(16);
  // Positive, and without a leading zero byte.
  serial[0] = ((serial[0] ?? 0) & 0x3f) | 0x40;
  const signed = sequence(
    der(0xa0, der(0x02, Buffer.from([2]))),
    der(0x02, serial),
    algorithm,
    AUTHORITY_NAME,
    sequence(time(Date.now() - SKEW_MS), time(Date.now() + body.lifetimeMs)),
    body.subject,
    body.publicKey.export({ type: 'spki', format: 'der' }),
    der(0xa3, sequence(...body.extensions)),
  );
  const signature = sign('sha256', signed, signer);
  const whole = sequence(signed, algorithm, der(0x03, Buffer.from([0]), signature));
  const lines = whole.toString('base64').match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`;
}

/** Every extension here is critical: who doesn't understand it must not accept the certificate. */
function extension(id: string, value: Buffer): Buffer {
  return sequence(oid(id), der(0x01, Buffer.from([0xff])), der(0x04, value));
}

function bits(byte: number, unused: number): Buffer {
  return der(0x03, Buffer.from([unused, byte]));
}

function sequence(...parts: readonly Uint8Array[]): Buffer {
  return der(0x30, ...parts);
}

/** One ASN.1 value in its distinguished encoding. */
function der(tag: number, ...parts: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(parts);
  const { length } = content;
  const head =
    length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...head]), content]);
}

function oid(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number);
  const bytes = [first * 40 + second];
  for (const arc of rest) {
    const groups = [arc & 0x7f];
    for (let left = arc >> 7; left > 0; left >>= 7) groups.unshift((left & 0x7f) | 0x80);
    bytes.push(...groups);
  }
  return der(0x06, Buffer.from(bytes));
}

/** UTCTime, which holds until 2049. */
function time(at: number): Buffer {
  const text = new Date(at).toISOString().replace(/\.\d+|[-:T]/g, '');
  return der(0x17, Buffer.from(text.slice(2)));
}
