import type { IncomingHttpHeaders } from 'node:http';

/** A plain HTTP request, read whole. */
export type HttpRequest = {
  readonly headers: IncomingHttpHeaders;
  /** The raw bytes, as signatures are made over them; at most 1 MiB. */
  readonly body: Uint8Array;
  readonly url: URL;
};

/** A plain HTTP answer. A string body is sent as UTF-8. */
export type HttpResponse = {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array;
};

/** A route of a service's own HTTP endpoint. What it throws is answered as a bare 500. */
export type HttpHandler = (request: HttpRequest) => Promise<HttpResponse>;
