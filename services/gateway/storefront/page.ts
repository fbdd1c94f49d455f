import type { DescEnum } from '@bufbuild/protobuf';
import { status } from '@grpc/grpc-js';
import { Counter } from 'prom-client';
import {
  type PagePart,
  PagePartSchema,
  MissingPart_Reason as Reason,
  MissingPart_ReasonSchema as ReasonSchema,
} from '#gen/shopverse/gateway/v1/storefront_service_pb.ts';
import { currentContext, nobody, runInContext } from '#platform/context/context.ts';
import { RpcError } from '#platform/errors/rpc-error.ts';
import type { Call } from '#platform/rpc/bind.ts';
import { passedOn } from '../passed-on.ts';

/** How long a part may take, with its repetition. Milliseconds. */
const PART_MS = 800;
/** How long the main part may: without it there is nothing to answer, so it is waited for, also by its client. */
export const MAIN_MS = 10_000;

/** A page while it is being put together. */
export type Page = {
  /** The part that the page can't be without: what its service refuses, the page is refused for. */
  main<T>(work: () => Promise<T>): Promise<T>;
  /** A part that may be missing: undefined then. */
  part<T>(part: PagePart, work: () => Promise<T>): Promise<T | undefined>;
  /** Notes a part that can't be asked for, as it follows from one that is missing. */
  without(part: PagePart): undefined;
  /** What is missing, in the order of the parts' numbers. A page that lacks something is nothing to keep. */
  missing(): { readonly part: PagePart; readonly reason: Reason }[];
};

const missed = new Counter({
  name: 'shopverse_gateway_page_parts_missing_total',
  help: 'Parts that pages were answered without, by method, part and reason.',
  labelNames: ['method', 'part', 'reason'],
});

/** Begins a page for a call. Parts may be asked for at once, and in any order. */
export function openPage(call: Call): Page {
  const missing = new Map<PagePart, Reason>();

  function note(part: PagePart, reason: Reason): undefined {
    missing.set(part, reason);
    missed.inc({
      method: call.method.name,
      part: nameOf(PagePartSchema, part),
      reason: nameOf(ReasonSchema, reason),
    });
  }

  return {
    main: async (work) => {
      try {
        return await within(call, MAIN_MS, work);
      } catch (error) {
        throw passedOn(error);
      }
    },
    part: async (part, work) => {
      try {
        return await within(call, PART_MS, work);
      } catch (error) {
        if (call.signal.aborted) {
          throw error;
        }
        call.log.warn(
          { err: error, page: call.method.name, part: nameOf(PagePartSchema, part) },
          'a page lacks a part',
        );
        return note(part, reasonOf(error));
      }
    },
    without: (part) => note(part, Reason.UNKNOWN_WITHOUT_ANOTHER),
    missing: () => {
      if (missing.size > 0) {
        call.answerMetadata('cache-control', 'no-store');
      }
      return [...missing].map(([part, reason]) => ({ part, reason })).sort((a, b) => a.part - b.part);
    },
  };
}

/** All calls that the work makes, and their repetitions, end within this time. */
function within<T>(call: Call, ms: number, work: () => Promise<T>): Promise<T> {
  const context = currentContext() ?? { correlationId: call.correlationId, caller: nobody };
  const deadline = new Date(Math.min(call.deadline.getTime(), Date.now() + ms));
  return runInContext({ ...context, deadline }, work);
}

function nameOf(schema: DescEnum, value: number): string {
  return schema.value[value]?.localName ?? '';
}

/** Why a part is missing, as the page is told it. */
function reasonOf(error: unknown): Reason {
  switch (error instanceof RpcError ? error.code : status.INTERNAL) {
    case status.UNAVAILABLE:
    case status.CANCELLED:
    case status.RESOURCE_EXHAUSTED:
      return Reason.UNAVAILABLE;
    case status.DEADLINE_EXCEEDED:
      return Reason.LATE;
    case status.UNAUTHENTICATED:
    case status.PERMISSION_DENIED:
    case status.NOT_FOUND:
      return Reason.DENIED;
    default:
      return Reason.FAILED;
  }
}
