import type { DescMethod, JsonObject } from '@bufbuild/protobuf';
import type { Outcome } from './outcome.ts';

/** A call to be made over a protocol. */
export type Attempt = {
  readonly method: DescMethod;
  /** The request's fields, as JSON. */
  readonly request: JsonObject;
  readonly headers: Readonly<Record<string, string>>;
  /** A deadline that the client states but doesn't keep itself. */
  readonly deadlineMs?: number;
};

/** One kind of client over one protocol. */
export type Client = {
  readonly name: string;
  call(attempt: Attempt): Promise<Outcome>;
  /** Why a call can't be made in this way; undefined where it can. */
  cannot(attempt: Attempt): string | undefined;
  close?(): void;
};

/** `/shopverse.order.v1.OrderService/GetOrder` */
export function pathOf(method: DescMethod): string {
  return `/${method.parent.typeName}/${method.name}`;
}
