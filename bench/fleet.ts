import { SECOND } from '../lib/model/time/duration';
import { openPosts } from './support/posts';
import { answerTimes, milliseconds, printTable, type Row, whole } from './support/report';
import { type BenchServer, startServer } from './support/server';

/**
 * How quickly the fleet's pages and what they read again answer with 10,000 servers of 10 series each, while these post
 * (1,000 posts of 10 samples a second: each server every ten seconds).
 */
const SERVERS = 10_000;
const POST_EVERY_MS = 10 * SECOND;
const ROUNDS = 20;
/** Longer than an answer is good for, so that every round looks at the whole fleet anew. */
const PAUSE_MS = 600;

async function main(): Promise<void> {
  const server = await startServer();
  const fleet = await openPosts(server.port, SERVERS);
  const rows: Row[] = [];
  try {
    await fleet.introduce();
    const durationMs = 12 * ROUNDS * (PAUSE_MS + 300);
    const posting = fleet.run(POST_EVERY_MS, durationMs);
    // A figure is a rate or a recent value: give the fleet two rounds of its posts.
    await new Promise((resolve) => setTimeout(resolve, 20 * SECOND));

    for (const [what, path, goalMs] of [
      ['a page of the list by name', '/api/hosts', 20],
      ['by CPU, highest first', '/api/hosts?sort=-cpu', 30],
      ['search for a name', '/api/hosts?q=web-01', 20],
      ['one region, sorted by load', '/api/hosts?match={region="eu-west"}&sort=-load', 30],
      ['the summary', '/api/fleet', 30],
      ['the map, names included', '/api/fleet/map', 50],
      ['labels to filter by', '/api/fleet/labels', 30],
      ['the page /hosts', '/hosts', 100],
      ['the page /hosts by CPU', '/hosts?sort=-cpu', 100],
      ['the page of one host', '/hosts/web-00042', null],
      ['the page of the fleet', '/', null],
    ] as const) {
      rows.push(await measure(server, what, path, goalMs));
    }
    const { posts, errors, p99Ms } = await posting;
    rows.push({
      what: `meanwhile ${whole(posts)} posts, ${whole(errors)} errors; their p99`,
      value: milliseconds(p99Ms),
    });
  } finally {
    await fleet.close();
    await server.close();
  }
  printTable(`Fleet of ${whole(SERVERS)} servers, ${whole(SERVERS * 10)} series`, rows);
}

/** The median of some rounds after two that are not counted; goals are for a machine with nothing else to do. */
async function measure(
  { url }: BenchServer,
  what: string,
  path: string,
  goalMs: number | null,
): Promise<Row> {
  const times: number[] = [];
  let size = 0;
  for (let round = -2; round < ROUNDS; round++) {
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    const startedAt = performance.now();
    const answer = await fetch(url + path, { headers: { accept: 'text/html,application/json' } });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${path} answered ${answer.status}: ${text.slice(0, 300)}`);
    if (round >= 0) times.push(performance.now() - startedAt);
    size = text.length;
  }
  return answerTimes(what, times, size, goalMs);
}

await main();
