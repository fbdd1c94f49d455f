import {
  PaymentService,
  type RefundPaymentRequest,
  RefundPaymentResponseSchema,
} from '#gen/shopverse/payment/v1/payment_service_pb.ts';
import type { Database, Tx } from '#platform/db/database.ts';
import { idempotent } from '#platform/idempotency/idempotent.ts';
import { bind, type Call, type RpcBinding, requireUser } from '#platform/rpc/bind.ts';
import { fromStateMessage, toEntryMessage, toPaymentMessage } from './messages.ts';
import { entriesToken, pageSize, readEntriesToken, readPaymentsToken } from './page-tokens.ts';
import type { PaymentStore, PaymentWriter } from './ports.ts';
import { paymentNotFound, providerUnavailable, refundFailed, refundRefused } from './refusals.ts';
import { awaitRefund, intendRefund } from './usecases/refund-payment.ts';

/** What the methods need. */
export type RpcParts<T> = {
  readonly database: Database<T>;
  readonly store: PaymentStore;
  readonly paymentsIn: (tx: Tx<T>) => PaymentWriter;
  /** Wakes the worker that calls the provider. */
  readonly ring: () => void;
  /** Resolves when an attempt was worked on, or after a moment. */
  readonly worked: (key: string, signal: AbortSignal) => Promise<void>;
};

/** How long before the caller's deadline a refund stops waiting for the provider, in milliseconds. */
const answerInMs = 250;

/** The methods of PaymentService. */
export function paymentRpc<T>(parts: RpcParts<T>): RpcBinding {
  const { store } = parts;
  return bind(PaymentService, {
    async getPayment({ paymentId }, call) {
      const payment = await store.find(paymentId);
      if (payment === undefined || !(isStaff(call) || payment.userId === call.caller.userId)) {
        throw paymentNotFound();
      }
      return { payment: toPaymentMessage(payment) };
    },

    async listPayments(request, call) {
      const own = isStaff(call) ? undefined : requireUser(call);
      if (own !== undefined && request.userId !== '' && request.userId !== own) {
        return {};
      }
      const size = pageSize(request.pageSize);
      const found = await store.list({
        orderId: request.orderId || undefined,
        userId: own ?? (request.userId || undefined),
        state: fromStateMessage(request.state),
        before: readPaymentsToken(request.pageToken),
        limit: size + 1,
      });
      const page = found.slice(0, size);
      return {
        payments: page.map(toPaymentMessage),
        nextPageToken: found.length > size ? (page.at(-1)?.id ?? '') : '',
      };
    },

    refundPayment: (request, call) => refund(parts, request, call),

    async listLedgerEntries({ paymentId, pageSize: asked, pageToken }) {
      const after = readEntriesToken(pageToken, paymentId);
      const size = pageSize(asked);
      const found = await store.entries(paymentId, after, size + 1);
      const page = found.slice(0, size);
      const last = found.length > size ? page.at(-1) : undefined;
      if (page.length === 0 && (await store.find(paymentId)) === undefined) {
        throw paymentNotFound();
      }
      return {
        entries: page.map(toEntryMessage),
        nextPageToken: last === undefined ? '' : entriesToken(paymentId, last.entryId),
      };
    },
  });
}

/**
 * The intent is stored under the request id before the provider is called, and what became of it is answered: by a
 * repeat too, which finds the intent there.
 */
async function refund<T>(parts: RpcParts<T>, request: RefundPaymentRequest, call: Call) {
  const requestedBy = requireUser(call);
  const { paymentId, amount, reason } = request;
  const which = `${request.requestId}:${requestedBy}`;
  await idempotent(parts.database, call, request, RefundPaymentResponseSchema, async (tx) => {
    const intent = await intendRefund(parts.paymentsIn(tx), paymentId, {
      which,
      amount: amount?.minorUnits,
      currency: amount?.currencyCode,
      reason,
      requestedBy,
    });
    if (intent.kind === 'refused') {
      throw refundRefused(intent.refusal);
    }
    return {};
  });
  parts.ring();
  const patience = Math.max(call.deadline.getTime() - Date.now() - answerInMs, 0);
  const signal = AbortSignal.any([call.signal, AbortSignal.timeout(patience)]);
  const outcome = await awaitRefund(parts.store, { paymentId, which }, parts.worked, signal);
  switch (outcome.kind) {
    case 'refunded':
      return { payment: toPaymentMessage(outcome.payment) };
    case 'failed':
      throw refundFailed(outcome.code);
    case 'unsettled':
      throw providerUnavailable();
    default:
      return outcome satisfies never;
  }
}

function isStaff(call: Call): boolean {
  return call.caller.roles.includes('support') || call.caller.roles.includes('admin');
}
