import {
  type ClientRequest,
  type IncomingHttpHeaders,
  type OutgoingHttpHeaders,
  type RequestOptions,
  request,
} from 'node:http';
import { request as requestTls } from 'node:https';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { connect as connectTls } from 'node:tls';
import { askHttp2, sessionTo } from './http2-client';

export interface RawAnswer {
  status: number;
  headers: IncomingHttpHeaders;
  body: string;
}

export interface RawRequest {
  method?: string;
  headers?: OutgoingHttpHeaders;
  body?: string;
}

/**
 * One request, with the path and the headers as they are: without what URL and fetch make of them. Over HTTP/2 where
 * the address has TLS.
 */
export function ask(url: string, path: string, question: RawRequest = {}): Promise<RawAnswer> {
  return url.startsWith('https:') ? askOverTls(url, path, question) : askHttp1(url, path, question);
}

async function askOverTls(url: string, path: string, question: RawRequest): Promise<RawAnswer> {
  const { status, headers, body } = await askHttp2(sessionTo(url), path, question);
  return { status, headers, body: await text(body) };
}

/** The same over HTTP/1.1, inside of TLS where the address has it. */
export function askHttp1(
  url: string,
  path: string,
  { method = 'GET', headers = {}, body }: RawRequest = {},
): Promise<RawAnswer> {
  return new Promise((resolve, reject) => {
    const length = body === undefined ? {} : { 'content-length': Buffer.byteLength(body) };
    const options = { path, method, headers: { ...length, ...headers } };
    const sent = requestHttp1(url, options).on('response', (response) => {
      let heard = '';
      response.setEncoding('utf8').on('data', (chunk) => (heard += chunk));
      response.on('error', reject).on('end', () => {
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: heard });
      });
    });
    sent.on('error', reject);
    sent.setTimeout(60_000, () => sent.destroy(new Error(`no answer within a minute: ${method} ${path}`)));
    sent.end(body);
  });
}

/** `request` of HTTP/1.1, inside of TLS where the address has it. */
export function requestHttp1(url: string, options: RequestOptions): ClientRequest {
  const { hostname, port, protocol } = new URL(url);
  const all = { hostname, port, agent: false, ...options } as const;
  return protocol === 'https:' ? requestTls({ ...all, rejectUnauthorized: false }) : request(all);
}

/** Bytes to a server as they are; what came back when the connection was closed, by them or after `closeOn` came. */
export function speak(url: string, bytes: string | Buffer, closeOn = /$^/): Promise<string> {
  const { hostname, port, protocol } = new URL(url);
  return new Promise((resolve, reject) => {
    const socket =
      protocol === 'https:'
        ? connectTls({ port: Number(port), host: hostname, rejectUnauthorized: false })
        : connect(Number(port), hostname);
    let heard = '';
    socket.setEncoding('utf8').on('data', (chunk) => {
      heard += chunk;
      if (closeOn.test(heard)) socket.destroy();
    });
    socket.on('error', (error) => (heard === '' ? reject(error) : resolve(heard)));
    socket.on('close', () => resolve(heard));
    socket.setTimeout(60_000, () =>
      socket.destroy(new Error(`no answer within a minute: ${bytes.slice(0, 80)}`)),
    );
    socket.write(bytes);
  });
}
