import type { Failures } from './domain/throttle.ts';

/** An account as stored. `roles` are lower-case names. */
export type Account = {
  readonly userId: string;
  readonly email: string;
  readonly displayName: string;
  readonly passwordHash: string;
  readonly state: 'UNVERIFIED' | 'ACTIVE' | 'BANNED';
  readonly roles: readonly string[];
  readonly version: bigint;
  readonly createTime: Date;
  readonly updateTime: Date;
};

/** A session as stored. */
export type StoredSession = {
  readonly sessionId: string;
  readonly userId: string;
  readonly deviceName: string;
  readonly seed: Buffer;
  readonly generation: number;
  readonly rotateTime: Date;
  readonly createTime: Date;
  readonly expireTime: Date;
  readonly endTime: Date | undefined;
};

/** What a link in a mail is for. */
export type LinkPurpose = 'VERIFY' | 'RESET';

/** Hashes passwords and compares them, so many at a time; refuses with OVERLOADED when too many wait. */
export type Passwords = {
  hash(password: string): Promise<string>;
  /** Takes as long for an unknown account (no hash) as for a known one. */
  matches(hash: string | undefined, password: string): Promise<boolean>;
  /** Whether the hash was made with weaker settings than today's. */
  isOutdated(hash: string): boolean;
};

/** Makes access tokens with the active key. */
export type AccessTokenIssuer = {
  issue(claims: {
    readonly userId: string;
    readonly sessionId: string;
    readonly roles: readonly string[];
  }): Promise<{ token: string; expireTime: Date }>;
};

/** Makes and recognises the refresh tokens of a session. */
export type RefreshTokens = {
  make(session: { readonly sessionId: string; readonly seed: Buffer }, generation: number): string;
  /** Which session and generation a token claims to be of; undefined when it isn't of our form. */
  parse(token: string): { sessionId: string; generation: number } | undefined;
};

/** Failed log-ins by address. */
export type FailureLog = {
  find(email: string): Promise<Failures | undefined>;
  add(email: string): Promise<void>;
  clear(email: string): Promise<void>;
};
