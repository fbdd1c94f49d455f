import { createHash } from 'node:crypto';
import { rmSync } from 'node:fs';
import { createServer, request, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A unix socket's path may have 107 bytes. */
const LONGEST = 100;

/** Where the supervisor of this state directory listens. */
export function socketPath(state: string): string {
  const within = join(state, 'supervisor.sock');
  if (Buffer.byteLength(within) <= LONGEST) return within;
  return join(tmpdir(), `shopverse-${createHash('sha256').update(state).digest('hex').slice(0, 16)}.sock`);
}

/** What a connection fails with when nobody listens, or whoever did is just ending. */
const ABSENT: ReadonlySet<string> = new Set(['ENOENT', 'ECONNREFUSED', 'ECONNRESET', 'EPIPE']);

/** What the supervisor can be asked, by name; an answer is anything that JSON can carry. */
export type Verbs = Record<string, (argument: string) => unknown>;

/** Answers the verbs on the socket. A thrown error goes to the asker as its message. */
export function serveControl(path: string, verbs: Verbs): Promise<Server> {
  rmSync(path, { force: true }); // left by a supervisor that was killed; whoever holds the lock is alone
  const server = createServer(async (incoming, outgoing) => {
    const [, verb = '', argument = ''] = (incoming.url ?? '').split('/').map(decodeURIComponent);
    try {
      const answer = verbs[verb];
      if (!answer) throw new Error(`The supervisor does not know "${verb}".`);
      outgoing.end(JSON.stringify({ result: (await answer(argument)) ?? null }));
    } catch (error) {
      outgoing.statusCode = 400;
      outgoing.end(JSON.stringify({ error: (error as Error).message }));
    }
  });
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(path, () => resolve(server));
  });
}

/** Asks the supervisor; undefined when none is running. Throws its refusal. */
export function ask<T>(path: string, verb: string, argument = ''): Promise<T | undefined> {
  return new Promise((resolve, reject) => {
    const call = request(
      { socketPath: path, path: `/${verb}/${encodeURIComponent(argument)}` },
      (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (more: string) => {
          text += more;
        });
        response.on('end', () => {
          const { result, error } = JSON.parse(text);
          if (error) reject(new Error(error));
          else resolve(result);
        });
        response.on('error', reject);
      },
    );
    call.on('error', (error: NodeJS.ErrnoException) => {
      const absent = ABSENT.has(error.code ?? '');
      if (absent) resolve(undefined);
      else reject(error);
    });
    call.end();
  });
}
