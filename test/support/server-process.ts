import { type ChildProcess, spawn } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, type Plugin } from 'esbuild';
import { SERVER_FLAGS } from '../../scripts/node-flags.mjs';
import { writeCertificate } from './certificate';
import { fetchOverHttp2 } from './http2-client';
import { endWithUs, freePort } from './processes';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const START_LIMIT_MS = 60_000;

/**
 * The ways to run the product on one build: our own process, and Next.js by itself. The first is asked over TLS, too:
 * then `fetch` and `ask` speak HTTP/2, and whatever says HTTP/1.1 itself does that inside of TLS.
 */
export const FRONTS = ['server.ts', 'next start', 'TLS'] as const;
export type Front = (typeof FRONTS)[number];

export interface ServerProcess {
  url: string;
  pid: number;
  /** Everything it has printed so far. */
  output(): string;
  /** Resolves with its exit code, null when a signal ended it. */
  exited: Promise<number | null>;
  signal(signal: NodeJS.Signals): void;
  /** SIGTERM, then the exit; twice is fine. */
  stop(): Promise<number | null>;
}

export type ServerEnv = Record<string, string>;

/** Runs the product as its users do, on a free port, and waits until it takes samples. */
export async function startServer(front: Front, env: ServerEnv): Promise<ServerProcess> {
  const port = await freePort();
  const tls = front === 'TLS' ? await tlsSettings() : {};
  const server = launch(front, { ...tls, ...env, PORT: String(port) });
  await untilReady(server);
  return server;
}

async function tlsSettings(): Promise<ServerEnv> {
  globalThis.fetch = http2Fetch;
  certificate ??= writeCertificate();
  const { TLS_CERT, TLS_KEY } = await certificate;
  return { TLS_CERT, TLS_KEY, TLS_PORT: String(await freePort()) };
}

let certificate: ReturnType<typeof writeCertificate> | undefined;
const http2Fetch = fetchOverHttp2(globalThis.fetch);

/** Runs a node without pages (`bare-node.ts`) on a free port, and waits until it takes samples. */
export async function startBareNode(env: ServerEnv): Promise<ServerProcess> {
  bareNode ??= bundle('test/support/bare-node.ts');
  return startProgram(await bareNode, env);
}

let bareNode: Promise<string> | undefined;

/** Runs a program that `bundle` has made on a free port, and waits until it takes samples. */
export async function startProgram(program: string, env: ServerEnv): Promise<ServerProcess> {
  const server = spawnProgram([program], { PORT: String(await freePort()), ...env });
  await untilReady(server);
  return server;
}

/**
 * The build of the pages, with the part that Next.js runs at its start made anew from the sources and these plugins.
 * @returns its folder, which goes with this process.
 */
export async function bundleForNext(plugins: Plugin[]): Promise<string> {
  const program = await bundle('lib/server/under-next.ts', plugins);
  const built = realpathSync(`${ROOT}/.build/current/next`);
  // As deep as the build itself, which finds packages by their relative place.
  const folder = `${ROOT}/.build/test-${process.pid}-${bundles++}`;
  const pages = `${folder}/next`;
  linkAll(built, pages, 'server');
  linkAll(`${built}/server`, `${pages}/server`, 'instrumentation.js');
  const start = `exports.register = async () => (await import('${program}')).startUnderNext();\n`;
  writeFileSync(`${pages}/server/instrumentation.js`, start);
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  return pages;
}

function linkAll(from: string, to: string, except: string): void {
  mkdirSync(to, { recursive: true });
  for (const name of readdirSync(from)) if (name !== except) symlinkSync(`${from}/${name}`, `${to}/${name}`);
}

/** Runs Next.js by itself with these pages, and waits until it takes samples, without sending it anything. */
export async function startNext(pages: string, env: ServerEnv): Promise<ServerProcess> {
  const folders = { PAGES_FOLDER: relative(ROOT, pages) };
  const server = launch('next start', { ...env, ...folders, PORT: String(await freePort()) });
  await untilReady(server, () => server.output().includes('Pulseboard is ready'));
  return server;
}

let bundles = 0;

/** Makes one file of a program of this project; it goes with this process. */
export async function bundle(source: string, plugins: Plugin[] = []): Promise<string> {
  // Inside the project, so that packages are found.
  const outfile = `${ROOT}/node_modules/.cache/pulseboard/program-${process.pid}-${bundles++}.js`;
  await build({
    entryPoints: [`${ROOT}/${source}`],
    tsconfig: `${ROOT}/tsconfig.json`,
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    packages: 'external',
    sourcemap: true,
    logLevel: 'warning',
    plugins,
  });
  process.once('exit', () => {
    for (const file of [outfile, `${outfile}.map`]) rmSync(file, { force: true });
  });
  return outfile;
}

/** Runs it without waiting for anything. */
export function launch(front: Front, env: ServerEnv): ServerProcess {
  const host = env.HOST ?? '127.0.0.1';
  const [program, ...args] =
    front === 'next start'
      ? ['node_modules/next/dist/bin/next', 'start', '-H', host, '-p', env.PORT]
      : [...SERVER_FLAGS, 'dist/server.js'];
  if (!existsSync(`${ROOT}/.next/BUILD_ID`)) throw new Error('There is no build. Type: npm run build');
  const url = front === 'TLS' ? `https://${host}:${env.TLS_PORT}` : `http://${host}:${env.PORT}`;
  return spawnProgram([program, ...args], env, url);
}

function spawnProgram(
  program: string[],
  env: ServerEnv,
  url = `http://${env.HOST ?? '127.0.0.1'}:${env.PORT}`,
): ServerProcess {
  const child = spawn(process.execPath, ['--enable-source-maps', ...program], {
    cwd: ROOT,
    env: {
      PATH: process.env.PATH ?? '',
      HOME: process.env.HOME ?? '',
      NODE_ENV: 'production',
      NEXT_TELEMETRY_DISABLED: '1',
      // What a test counts is its own.
      LOCAL_AGENT: 'off',
      SELF_METRICS: 'off',
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  endWithUs(child);
  return watch(child, url);
}

function watch(child: ChildProcess, url: string): ServerProcess {
  let output = '';
  child.stdout?.on('data', (chunk) => (output += chunk));
  child.stderr?.on('data', (chunk) => (output += chunk));
  const exited = new Promise<number | null>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve(code));
  });
  const signal = (name: NodeJS.Signals) => void child.kill(name);
  return {
    url,
    pid: child.pid!,
    output: () => output,
    exited,
    signal,
    stop() {
      if (child.exitCode === null) signal('SIGTERM');
      return exited;
    },
  };
}

async function untilReady(
  server: ServerProcess,
  isReady: () => boolean | Promise<boolean> = () => takesSamples(server),
): Promise<void> {
  const deadline = Date.now() + START_LIMIT_MS;
  let gone = false;
  const end = () => {
    gone = true;
  };
  server.exited.then(end, end);
  while (!gone && Date.now() < deadline) {
    if (await isReady()) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  server.signal('SIGKILL');
  throw new Error(`The server ${gone ? 'ended' : 'was not ready in time'}:\n${server.output()}`);
}

async function takesSamples({ url }: ServerProcess): Promise<boolean> {
  const ready = await fetch(`${url}/api/ready`).catch(() => null);
  return ready?.ok === true;
}
