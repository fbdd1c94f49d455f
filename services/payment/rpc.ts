import { z } from 'zod';
import {
  PaymentService,
  type RefundPaymentRequest,
  RefundPaymentResponseSchema,
} from '#gen/shopverse/payment/v1/payment_service_pb.ts';
import type { Database, Tx } from '#platform/db/database.ts';
import { idempotent } from '#platform/idempotency/idempotent.ts';
import { bind, type Call, type RpcBinding, requireUser } from '#platform/rpc/bind.ts';
import { paging } from '#platform/rpc/paging.ts';
import { fromStateMessage, toEntryMessage, toPaymentMessage } from './messages.ts';
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

// Payments newest first, a payment's entries oldest first.
const paymentPages = paging('payments', z.uuid());
const entryPages = paging('ledger-entries', z.string().regex(/^\d{1,18}$/));

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
      const filter = {
        orderId: request.orderId || undefined,
        userId: own ?? (request.userId || undefined),
        state: fromStateMessage(request.state),
      };
      const size = paymentPages.size(request.pageSize);
      const before = paymentPages.after(request.pageToken, filter);
      const found = await store.list({ ...filter, before, limit: size + 1 });
      const { rows, nextPageToken } = paymentPages.page(found, size, ({ id }) => id, filter);
      return { payments: rows.map(toPaymentMessage), nextPageToken };
    },

    refundPayment: (request, call) => refund(parts, request, call),

    async listLedgerEntries({ paymentId, pageSize, pageToken }) {
      const after = BigInt(entryPages.after(pageToken, paymentId) ?? 0);
      const size = entryPages.size(pageSize);
      const found = await store.entries(paymentId, after, size + 1);
      if (found.length === 0 && (await store.find(paymentId)) === undefined) {
        throw paymentNotFound();
      }
      const { rows, nextPageToken } = entryPages.page(
        found,
        size,
        ({ entryId }) => entryId.toString(),
        paymentId,
      );
      return { entries: rows.map(toEntryMessage), nextPageToken };
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
