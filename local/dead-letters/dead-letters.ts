import { timestampDate } from '@bufbuild/protobuf/wkt';
import { Code, ConnectError } from '@connectrpc/connect';
import {
  type DeadLetter,
  DeadLetter_State,
  DeadLetterService,
  type GetDeadLetterResponse,
} from '#gen/shopverse/platform/v1/dead_letter_service_pb.ts';
import { openSecrets } from '../secrets.ts';
import { OWNERS, writtenServices } from '../services/catalogue.ts';
import { ADMINISTRATOR } from '../services/environment.ts';
import { isPassing } from '../shop/patiently.ts';
import { type Session, signIn } from '../shop/session.ts';
import type { Stack } from '../stack.ts';

/** An open dead letter, and the service that keeps it. */
export type Letter = DeadLetter & { readonly service: string };

/** What a consumer has set aside of one topic. */
export type Pile = {
  readonly service: string;
  readonly consumer: string;
  readonly topic: string;
  readonly letters: number;
  /** How many of them wait for a person; the others are tried again, or wait behind one. */
  readonly dead: number;
  /** The keys that are held back. */
  readonly parkedKeys: number;
  readonly oldest: Date;
};

/** The dead letters of every service, through the edge, with an administrator's right. */
export type DeadLetters = {
  /** The open letters whose consumer's name is or ends in `name`, of all without one; oldest first by service. */
  list(name?: string): Promise<readonly Letter[]>;
  /** Services that could not be asked when they were listed last. */
  readonly away: ReadonlySet<string>;
  /** One letter, whole. */
  get(letter: Letter): Promise<GetDeadLetterResponse>;
  /** Has letters taken once more, each key in order. What waits behind a letter that is taken follows by itself. */
  redrive(letters: readonly Letter[], reason: string): Promise<{ redriven: number; failed: number }>;
  /** Gives letters up for good; resolves to how many there were. */
  discard(letters: readonly Letter[], reason: string): Promise<number>;
};

const SERVICE_HEADER = 'x-shopverse-service';
const PAGE = 200;
/** The edge waits 15 s for an answer, and each letter is a transaction. */
const AT_ONCE = 50;

/** Signs the administrator in. */
export async function openDeadLetters(stack: Stack): Promise<DeadLetters> {
  const session: Session = await signIn(stack, ADMINISTRATOR, openSecrets(stack.state)('user/administrator'));
  const client = session.client(DeadLetterService);
  const owners = writtenServices(stack.root).filter(({ name }) => OWNERS.includes(name));
  const of = (service: string) => ({ headers: { [SERVICE_HEADER]: service } });
  const away = new Set<string>();

  const listService = async (service: string): Promise<Letter[]> => {
    const found: Letter[] = [];
    let pageToken = '';
    do {
      const page = await client.listDeadLetters({ pageSize: PAGE, pageToken }, of(service));
      found.push(...page.deadLetters.map((letter) => ({ ...letter, service })));
      pageToken = page.nextPageToken;
    } while (pageToken !== '');
    return found;
  };

  return {
    away,
    async list(name = '') {
      const all: Letter[] = [];
      away.clear();
      for (const { name: service } of owners) {
        try {
          all.push(...(await listService(service)));
        } catch (error) {
          // One without a database has no such RPC.
          if (ConnectError.from(error).code === Code.Unimplemented) continue;
          if (!isPassing(error)) throw error;
          away.add(service);
        }
      }
      return all.filter(({ consumer }) => name === '' || isMeant(consumer, name));
    },
    get: ({ id, service }) => client.getDeadLetter({ id }, of(service)),
    async redrive(letters, reason) {
      const sum = { redriven: 0, failed: 0 };
      for (const [service, ids] of batches(letters)) {
        const { redrivenIds, failedIds } = await client.redriveDeadLetters({ ids, reason }, of(service));
        sum.redriven += redrivenIds.length;
        sum.failed += failedIds.length;
      }
      return sum;
    },
    async discard(letters, reason) {
      let discarded = 0;
      for (const [service, ids] of batches(letters)) {
        const { discardedIds } = await client.discardDeadLetters({ ids, reason }, of(service));
        discarded += discardedIds.length;
      }
      return discarded;
    },
  };
}

/** `shopverse.cart.catalogue` is meant by itself and by its ends, such as `cart.catalogue`; and a service by its name. */
export function isMeant(consumer: string, name: string): boolean {
  return consumer === name || consumer.endsWith(`.${name}`) || consumer.startsWith(`shopverse.${name}.`);
}

/** The ids of letters by service, in their order, so many at once. */
function* batches(letters: readonly Letter[]): Generator<[service: string, ids: string[]]> {
  for (const [service, own] of Map.groupBy(letters, (letter) => letter.service)) {
    const ids = own.map(({ id }) => id);
    for (let at = 0; at < ids.length; at += AT_ONCE) {
      yield [service, ids.slice(at, at + AT_ONCE)];
    }
  }
}

/** Letters by consumer and topic. */
export function pilesOf(letters: readonly Letter[]): Pile[] {
  const groups = Map.groupBy(letters, ({ service, consumer, topic }) => `${service} ${consumer} ${topic}`);
  return [...groups.values()].flatMap((own) => {
    const [first] = own;
    if (first === undefined) return [];
    const { service, consumer, topic } = first;
    const times = own.map(({ createTime }) => (createTime ? timestampDate(createTime).getTime() : 0));
    return {
      service,
      consumer,
      topic,
      letters: own.length,
      dead: own.filter(({ state }) => state === DeadLetter_State.DEAD).length,
      parkedKeys: new Set(own.map(({ key }) => Buffer.from(key).toString('hex'))).size,
      oldest: new Date(Math.min(...times)),
    };
  });
}
