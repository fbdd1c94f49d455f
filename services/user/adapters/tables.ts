import type { ColumnType, Generated } from 'kysely';
import type { LinkPurpose } from '../ports.ts';

/** The service's own tables; see migrations/. */
export type UserTables = {
  account: {
    user_id: string;
    email: string;
    display_name: string;
    password_hash: string;
    state: 'UNVERIFIED' | 'ACTIVE' | 'BANNED';
    roles: string[];
    version: Generated<bigint>;
    create_time: Date;
    update_time: Date;
  };
  session: {
    session_id: string;
    user_id: string;
    device_name: string;
    seed: Buffer;
    generation: number;
    rotate_time: Date;
    create_time: Date;
    expire_time: Date;
    end_time: Date | null;
  };
  link: { token_hash: Buffer; user_id: string; purpose: LinkPurpose; expire_time: Date };
  reset_request: { request_id: string; email: string; create_time: Date };
  mail: { mail_id: string; recipient: string; subject: string; body: string; create_time: Date };
  log_in_failure: { email_hash: Buffer; count: number; last_time: Date };
  signing_key: {
    key_id: string;
    state: 'NEXT' | 'ACTIVE' | 'RETIRED';
    public_jwk: ColumnType<Record<string, unknown>, string, string>;
    sealed_jwk: Buffer;
    create_time: Date;
    retire_time: Date | null;
  };
};
