import type { DescService } from '@bufbuild/protobuf';
import { type Client, createClient, type Interceptor } from '@connectrpc/connect';
import { createConnectTransport, createGrpcWebTransport } from '@connectrpc/connect-web';
import { edgeUrl } from '../../../local/shop/session.ts';
import { stack } from './transports.ts';

/** What a browser says of the page that calls. */
export type PageHeaders = Readonly<Record<string, string>>;

/** A page of the edge's own origin. */
export const OWN_PAGE: PageHeaders = {
  origin: edgeUrl(stack),
  'sec-fetch-site': 'same-origin',
  'x-shopverse-web': '1',
};

/** A browser as far as sessions go: a jar that takes and sends cookies, and pages that call by connect-web. */
export type Browser = {
  /** The cookies by name, as they were last set. */
  readonly jar: Map<string, string>;
  /** Every Set-Cookie that came, oldest first. */
  readonly set: readonly string[];
  /** A page's client: it sends the jar, and what the browser says of the page. */
  client<S extends DescService>(service: S, page?: PageHeaders): Client<S>;
};

/** A browser without cookies, whose pages speak Connect or gRPC-Web. */
export function newBrowser(protocol: 'Connect' | 'gRPC-Web' = 'Connect'): Browser {
  const jar = new Map<string, string>();
  const set: string[] = [];

  function take(cookie: string): void {
    set.push(cookie);
    const [pair = '', ...attributes] = cookie.split('; ');
    const at = pair.indexOf('=');
    if (attributes.includes('Max-Age=0')) jar.delete(pair.slice(0, at));
    else jar.set(pair.slice(0, at), pair.slice(at + 1));
  }

  /** Node's fetch keeps no cookies; this one does what a browser does, below the library under test. */
  const fetchWithJar: typeof fetch = async (input, init) => {
    const headers = new Headers(init?.headers);
    if (jar.size > 0) headers.set('cookie', [...jar].map((pair) => pair.join('=')).join('; '));
    const answer = await fetch(input, { ...init, headers });
    for (const cookie of answer.headers.getSetCookie()) take(cookie);
    return answer;
  };

  return {
    jar,
    set,
    client: (service, page = OWN_PAGE) => {
      const said: Interceptor = (next) => (request) => {
        for (const [name, value] of Object.entries(page)) request.header.set(name, value);
        return next(request);
      };
      const options = { baseUrl: edgeUrl(stack), fetch: fetchWithJar, interceptors: [said] };
      const transport =
        protocol === 'Connect' ? createConnectTransport(options) : createGrpcWebTransport(options);
      return createClient(service, transport);
    },
  };
}
