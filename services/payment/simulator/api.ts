import { createHash, randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { type DoneEntry, returnRefund } from './bank.ts';
import type { Script } from './cards.ts';
import { readForm } from './form.ts';
import type { Journal } from './journal.ts';
import type { LedgerIndex } from './ledger-index.ts';
import { type ApiError, bodyOf, type Entry, type Refund } from './objects.ts';
import { readOperation } from './operations.ts';
import { answerQuery } from './queries.ts';
import type { WebhookSender } from './webhooks.ts';

/** A request to the API, read whole. */
export type ApiRequest = {
  readonly method: string;
  readonly url: URL;
  readonly authorization: string | undefined;
  readonly key: string | undefined;
  readonly body: string;
};

/** An answer; `never`: the client is left waiting. */
export type ApiAnswer = { readonly status: number; readonly body: object } | 'never';

/** What the API works on. Times in milliseconds. */
export type ApiParts = {
  readonly journal: Journal;
  readonly index: LedgerIndex;
  readonly webhooks: WebhookSender;
  readonly lateMs: number;
  /** Told of what fails when nobody is waiting for it. */
  readonly onError: (error: unknown) => void;
};

const slowMs = 1_500;
/** A real bank takes days. */
const returnedAfterMs = 2_000;
const rememberedFailures = 10_000;

/**
 * The part of Stripe's API that the shop uses, with Stripe's idempotency: the first answer under a key is given again,
 * also after a restart; another request under the same key is an error; what is invalid leaves the key unused.
 */
export function simulatorApi(parts: ApiParts): (request: ApiRequest) => Promise<ApiAnswer> {
  const failedOnce = new Set<string>();

  async function change(request: ApiRequest): Promise<ApiAnswer> {
    const { index, journal } = parts;
    const operation = readOperation(
      index,
      request.url.pathname,
      readForm(request.body),
      Math.floor(Date.now() / 1000),
    );
    if (operation === undefined) {
      return failure(404, { type: 'invalid_request_error', message: 'There is no such method.' });
    }
    const key = request.key ?? randomUUID();
    const fingerprint = fingerprintOf(request);
    const before = index.entryOf(key);
    if (before !== undefined) {
      await journal.durable();
      return before.fingerprint === fingerprint
        ? { status: before.status, body: bodyOf(before) }
        : failure(400, {
            type: 'idempotency_error',
            message: 'This key was first used with another request.',
          });
    }
    const { script, confirms } = operation;
    if (confirms && script?.authorise === 'swallow') {
      return 'never';
    }
    if (confirms && script?.answer === 'error-first' && !failedOnce.has(key)) {
      remember(failedOnce, key);
      return failure(500, { type: 'api_error', message: 'Something went wrong.' });
    }
    const done = operation.run();
    if (done.kind === 'invalid') {
      return failure(done.status, done.error);
    }
    const entry = await enter(key, fingerprint, done.entry, script);
    if (script?.refund === 'return' && entry.refund !== undefined) {
      sendBack(entry, entry.refund, script);
    }
    if (confirms) {
      await sleep(delayOf(script, parts.lateMs));
    }
    return { status: entry.status, body: bodyOf(entry) };
  }

  /** Writes down what was done, and tells the shop once it can't be lost. */
  async function enter(key: string, fingerprint: string, done: DoneEntry, script: Script | undefined) {
    const { index, journal, webhooks } = parts;
    const { intent } = done;
    const entry: Entry = {
      ...{ n: index.size + 1, time: new Date().toISOString(), key, fingerprint },
      ...{ currency: intent.currency.toUpperCase(), payment_id: intent.metadata.payment_id ?? '' },
      ...done,
    };
    index.add(entry);
    journal.append(entry);
    await journal.durable();
    await webhooks.send(entry, script);
    return entry;
  }

  function sendBack(of: Entry, refund: Refund, script: Script): void {
    setTimeout(() => {
      enter(`${of.key}:returned`, '', returnRefund(of.intent, refund), script).catch(parts.onError);
    }, returnedAfterMs).unref();
  }

  return async (request) => {
    if (!request.authorization?.startsWith('Bearer ')) {
      return failure(401, { type: 'invalid_request_error', message: 'An API key is needed.' });
    }
    if (request.method === 'POST') {
      return change(request);
    }
    const found = request.method === 'GET' ? answerQuery(parts.index, request.url) : undefined;
    return found === undefined
      ? failure(404, {
          type: 'invalid_request_error',
          code: 'resource_missing',
          message: 'There is no such thing.',
        })
      : { status: 200, body: found };
  };
}

function failure(status: number, error: ApiError): ApiAnswer {
  return { status, body: { error } };
}

function fingerprintOf(request: ApiRequest): string {
  const fields = [...readForm(request.body)].sort(([a], [b]) => (a < b ? -1 : 1));
  return createHash('sha256')
    .update(JSON.stringify([request.url.pathname, fields]))
    .digest('base64url');
}

function remember(keys: Set<string>, key: string): void {
  const [oldest] = keys;
  if (keys.size >= rememberedFailures && oldest !== undefined) {
    keys.delete(oldest);
  }
  keys.add(key);
}

function delayOf(script: Script | undefined, lateMs: number): number {
  switch (script?.answer) {
    case 'slow':
      return slowMs;
    case 'late':
      return lateMs;
    default:
      return 0;
  }
}
