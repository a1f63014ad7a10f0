import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FORMATS } from './formats';

/** What `wrk` got through: a generator in C that writes the same bodies, to know what ours costs. */
export interface WrkResult {
  connections: number;
  perSecond: number;
  /** Answers that were not 2xx or 3xx, and sockets that broke. */
  errors: number;
}

const THREADS = 2;

export function hasWrk(): boolean {
  return spawnSync('wrk', ['--version']).error === undefined;
}

/** POSTs of 10 samples for so long, each connection again as soon as it has its answer. */
export function runWrk(port: number, connections: number, seconds: number): WrkResult {
  const folder = mkdtempSync(join(tmpdir(), 'pulseboard-wrk-'));
  try {
    const script = join(folder, 'post.lua');
    writeFileSync(script, scriptFor(connections));
    const args = ['-t', String(THREADS), '-c', String(connections), '-d', `${seconds}s`, '-s', script];
    const said = execFileSync('wrk', [...args, `http://127.0.0.1:${port}`], { encoding: 'utf8' });
    const figure = (pattern: RegExp) => Number(pattern.exec(said)?.[1] ?? 0);
    return {
      connections,
      perSecond: figure(/Requests\/sec: +([\d.]+)/),
      errors: figure(/Non-2xx or 3xx responses: (\d+)/) + (said.includes('Socket errors') ? 1 : 0),
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Hosts in turn, and a newer timestamp after each turn, so that every sample is new. */
function scriptFor(hosts: number): string {
  const { contentType, body } = FORMATS.batch;
  const text = body(['web-%05d'], { timestamp: '%d', value: '%d.25' });
  const values = text.split('%d.25').length - 1;
  return `
local threads = 0
function setup(thread) thread:set("id", threads); threads = threads + 1 end
function init()
  turn, host, at = 0, id, os.time() * 1000
end
function request()
  host = host + ${THREADS}
  if host >= ${hosts} then host = id; at = at + 1 end
  turn = (turn + 7) % 89
  local v = 10 + turn
  return wrk.format("POST", "/api/metrics", { ["content-type"] = "${contentType}" },
    string.format([[${text}]], host, at${', v'.repeat(values)}))
end
`;
}
