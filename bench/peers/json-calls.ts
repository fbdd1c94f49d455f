import { Agent, type IncomingHttpHeaders, request } from 'node:http';

/** An answer whose status was 2xx. */
export type Answer<Body> = { readonly body: Body; readonly headers: IncomingHttpHeaders };

/** Calls in JSON over HTTP/1.1 with connections that are kept, the same for every shop. */
export type JsonCalls = {
  call<Body>(
    method: string,
    path: string,
    body?: unknown,
    headers?: Readonly<Record<string, string>>,
  ): Promise<Answer<Body>>;
  close(): void;
};

/** Calls to one address. A call throws with the beginning of the answer when its status isn't 2xx. */
export function jsonCalls(address: string): JsonCalls {
  // Node's servers end a connection that lies idle for five seconds: it isn't to be used at that moment.
  const agent = new Agent({ keepAlive: true, maxSockets: 256, timeout: 4_000 });
  return {
    call: (method, path, body, headers = {}) =>
      new Promise((resolve, reject) => {
        const bytes = body === undefined ? undefined : JSON.stringify(body);
        const sent = request(
          new URL(path, address),
          { method, agent, headers: { ...headers, 'content-type': 'application/json' } },
          (answer) => {
            let text = '';
            answer.setEncoding('utf8').on('data', (piece: string) => {
              text += piece;
            });
            answer.on('error', reject);
            answer.on('end', () => {
              const { statusCode = 0 } = answer;
              if (statusCode < 200 || statusCode > 299) {
                reject(new Error(`${method} ${path} answered ${statusCode}: ${text.slice(0, 300)}`));
              } else {
                resolve({ body: JSON.parse(text), headers: answer.headers });
              }
            });
          },
        );
        sent.on('error', reject);
        sent.end(bytes);
      }),
    close: () => agent.destroy(),
  };
}
