import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { getOption, hasOption, type JsonObject, type JsonValue } from '@bufbuild/protobuf';
import { http } from '#gen/google/api/annotations_pb.ts';
import { buf, root } from '../../../proto/buf.ts';
import { type Attempt, type Client, pathOf } from './client.ts';
import { type ConnectJson, fine, fromConnectJson, nameOf, type Outcome } from './outcome.ts';

type Answer = { order?: { state?: string } };

/** curl, speaking Connect in JSON by hand. */
export function curlConnect(url: string): Client {
  return {
    name: 'curl, Connect JSON',
    cannot: () => undefined,
    async call(attempt) {
      const streams = attempt.method.methodKind !== 'unary';
      const body = Buffer.from(JSON.stringify(attempt.request));
      const type = streams ? 'application/connect+json' : 'application/json';
      const { status, bytes } = await curl(
        url + pathOf(attempt.method),
        { ...headersOf(attempt, (ms) => ({ 'connect-timeout-ms': `${ms}` })), 'content-type': type },
        'POST',
        streams ? framed(body) : body,
      );
      if (streams && status === 200) return fromFrames(bytes);
      const json = JSON.parse(bytes.toString());
      return status === 200 ? fine([stateOf(json)]) : fromConnectJson(json, []);
    },
  };
}

/** curl, using REST as the contract's `google.api.http` has it. */
export function curlRest(url: string): Client {
  return {
    name: 'curl, REST',
    cannot: ({ method }) => {
      if (method.methodKind !== 'unary') return 'streams have no REST path';
      return hasOption(method, http) ? undefined : 'the method has no REST path';
    },
    async call(attempt) {
      const { verb, path, body } = restOf(attempt);
      const headers = headersOf(attempt, (ms) => ({ 'grpc-timeout': `${ms}m` }));
      const { status, bytes } = await curl(
        url + path,
        { ...headers, 'content-type': 'application/json' },
        verb,
        body,
      );
      const json = JSON.parse(bytes.toString());
      return status === 200 ? fine([stateOf(json)]) : fromStatusJson(json);
    },
  };
}

/** The contracts, as command-line clients read them; to be removed when the last of them is done. */
export type Schema = { readonly path: string; remove(): void };

/** Writes the contracts to a file. */
export function writeSchema(): Schema {
  const folder = mkdtempSync(join(tmpdir(), 'schema-'));
  const path = join(folder, 'schema.binpb');
  buf(['build', '-o', path]);
  return { path, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

/** grpcurl, from where it was built. */
export function grpcurlClient(program: string, address: string, schema: Schema): Client {
  return {
    name: 'grpcurl',
    cannot: ({ deadlineMs }) => (deadlineMs === undefined ? undefined : 'grpcurl keeps its deadline itself'),
    async call({ method, request, headers }) {
      const named = Object.entries(headers).flatMap(([name, value]) => ['-H', `${name}: ${value}`]);
      const { out, errors } = await command(
        program,
        [
          ...['-plaintext', '-protoset', schema.path, '-format-error', ...named, '-d', '@'],
          ...[address, pathOf(method).slice(1)],
        ],
        Buffer.from(JSON.stringify(request)),
      );
      const states = objectsIn(out.toString()).map((answer) => stateOf(answer as Answer));
      const [status] = objectsIn(errors);
      if (status === undefined && errors.trim() !== '') throw new Error(errors);
      return status === undefined ? fine(states) : { ...fromStatusJson(status as StatusJson), states };
    },
  };
}

/** `buf curl` in each of its protocols. */
export function bufClients(url: string, schema: Schema): Client[] {
  return (['connect', 'grpc', 'grpcweb'] as const).map((protocol) => ({
    name: `buf curl, ${protocol}`,
    cannot: ({ deadlineMs }) => (deadlineMs === undefined ? undefined : 'buf curl states no deadline'),
    async call(attempt) {
      const headers = Object.entries(attempt.headers).flatMap(([name, value]) => ['-H', `${name}: ${value}`]);
      const { out, errors } = await command(
        join(root, 'node_modules/.bin/buf'),
        [
          ...['curl', '--schema', schema.path, '--protocol', protocol, '--http2-prior-knowledge', '-d', '@-'],
          ...[...headers, url + pathOf(attempt.method)],
        ],
        Buffer.from(JSON.stringify(attempt.request)),
      );
      const answers = objectsIn(out.toString()).map((answer) => stateOf(answer as Answer));
      const [error] = objectsIn(errors);
      if (error === undefined && errors.trim() !== '') throw new Error(errors);
      return error === undefined ? fine(answers) : fromConnectJson(error as ConnectJson, answers);
    },
  }));
}

function headersOf(
  { headers, deadlineMs }: Attempt,
  deadline: (ms: number) => Readonly<Record<string, string>>,
): Record<string, string> {
  return { ...headers, ...(deadlineMs === undefined ? {} : deadline(deadlineMs)) };
}

function restOf({ method, request }: Attempt): { verb: string; path: string; body: Buffer | undefined } {
  const { pattern, body } = getOption(method, http);
  if (pattern.case === undefined || pattern.case === 'custom') throw new Error('no path');
  const left: JsonObject = { ...request };
  const path = pattern.value.replace(/\{(\w+)\}/g, (_, field: string) => {
    const name = field.replace(/_(\w)/g, (_match, letter: string) => letter.toUpperCase());
    const value = String(left[name]);
    delete left[name];
    return encodeURIComponent(value);
  });
  const verb = pattern.case.toUpperCase();
  return { verb, path, body: body === '*' ? Buffer.from(JSON.stringify(left)) : undefined };
}

type StatusJson = { code: number; message: string; details?: readonly JsonObject[] };

/** google.rpc.Status as JSON. */
function fromStatusJson(json: StatusJson): Outcome {
  const details: JsonValue[] = (json.details ?? []).map(({ '@type': type, ...fields }) => {
    const name = String(type);
    return { '@type': name.slice(name.lastIndexOf('/') + 1), ...fields };
  });
  return { code: nameOf(json.code), message: json.message, details, states: [] };
}

function stateOf({ order }: Answer): string {
  return order?.state ?? '';
}

/** Connect's frames: a flag, a length, a message; the last, flagged 2, ends the stream. */
function fromFrames(bytes: Buffer): Outcome {
  const states: string[] = [];
  for (let at = 0; at < bytes.length; ) {
    const length = bytes.readUInt32BE(at + 1);
    const json = JSON.parse(bytes.subarray(at + 5, at + 5 + length).toString());
    if (bytes[at] === 2) return json.error === undefined ? fine(states) : fromConnectJson(json.error, states);
    states.push(stateOf(json));
    at += 5 + length;
  }
  throw new Error('a stream without an end');
}

function framed(body: Buffer): Buffer {
  const head = Buffer.alloc(5);
  head.writeUInt32BE(body.byteLength, 1);
  return Buffer.concat([head, body]);
}

/** JSON objects that stand one after the other, with nothing or words between them. */
function objectsIn(text: string): unknown[] {
  const found: unknown[] = [];
  let depth = 0;
  let from = 0;
  let quoted = false;
  for (let at = 0; at < text.length; at++) {
    const char = text[at];
    if (quoted) {
      if (char === '\\') at++;
      else if (char === '"') quoted = false;
    } else if (char === '"' && depth > 0) quoted = true;
    else if (char === '{' && depth++ === 0) from = at;
    else if (char === '}' && --depth === 0) found.push(JSON.parse(text.slice(from, at + 1)));
  }
  return found;
}

async function curl(
  url: string,
  headers: Readonly<Record<string, string>>,
  verb: string,
  body: Buffer | undefined,
): Promise<{ status: number; bytes: Buffer }> {
  const named = Object.entries(headers).flatMap(([name, value]) => ['-H', `${name}: ${value}`]);
  const sent = body === undefined ? [] : ['--data-binary', '@-'];
  const args = ['-sS', '-m', '20', '-X', verb, '-w', '%{stderr}%{http_code}', ...named, ...sent, url];
  const { out, errors } = await command('curl', args, body ?? Buffer.alloc(0));
  return { status: Number(errors.slice(-3)), bytes: out };
}

function command(file: string, args: string[], input: Buffer): Promise<{ out: Buffer; errors: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, { cwd: tmpdir(), stdio: ['pipe', 'pipe', 'pipe'] });
    const out: Buffer[] = [];
    let errors = '';
    child.stdout.on('data', (chunk: Buffer) => out.push(chunk));
    child.stderr.on('data', (chunk) => {
      errors += chunk;
    });
    child.on('error', reject);
    child.on('close', () => resolve({ out: Buffer.concat(out), errors }));
    // A server may answer and hang up before it has read everything.
    child.stdin.on('error', () => undefined);
    child.stdin.end(input);
  });
}
