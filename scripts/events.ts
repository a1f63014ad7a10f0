import { parseArgs } from 'node:util';
import { createPoster, ingestUrl } from '../lib/agent/post';
import { SECOND } from '../lib/model/time/duration';
import { failWith, readCount, readDuration } from './arguments';
import { EventSender, type EventTotals } from './events/sender';
import { eventAt } from './events/traffic';

const SLICE_MS = 100;
const REPORT_EVERY_MS = 5 * SECOND;
const EVENTS_PER_BODY = 1_000;
const CONNECTIONS = 4;
/** Seconds of events that are held while the server is away. */
const MOST_SECONDS = 10;
/** Whoever ends it by hand does not wait longer for what is under way. */
const LAST_WORDS_MS = 5 * SECOND;

const USAGE = `Plays the requests of a shop: services, endpoints, slow and failing ones, incidents.

npm run events -- [options]
  --rate 100           events a second
  --url URL            the server (http://127.0.0.1:3000)
  --duration 10m       end after this time (default: run until stopped)
  --seed 1             another number, other traffic; the same number, the same traffic
  --key KEY            the server's ingest key; better in the variable PULSEBOARD_KEY, which no process list shows`;

function readOptions() {
  const { values } = parseArgs({
    options: {
      rate: { type: 'string', default: '100' },
      url: { type: 'string', default: 'http://127.0.0.1:3000' },
      duration: { type: 'string' },
      seed: { type: 'string', default: '1' },
      key: { type: 'string', default: process.env.PULSEBOARD_KEY },
      help: { type: 'boolean', default: false },
    },
  });
  return {
    help: values.help,
    rate: readCount('--rate', values.rate, { to: 100_000 }),
    seed: readCount('--seed', values.seed, { from: 0, to: 2 ** 31 }),
    durationMs: values.duration ? readDuration('--duration', values.duration) : Number.POSITIVE_INFINITY,
    url: values.url,
    key: values.key || undefined,
  };
}

async function main(): Promise<void> {
  const { help, rate, seed, durationMs, url, key } = readOptions();
  if (help) {
    console.log(USAGE);
    return;
  }
  const stopped = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stopped.abort());
  const poster = createPoster(new URL('/api/events', ingestUrl(url)), { connections: CONNECTIONS, key });
  const perSlice = Math.min(EVENTS_PER_BODY, Math.max(1, (rate * SLICE_MS) / SECOND));
  const mostWaiting = Math.ceil((MOST_SECONDS * rate) / perSlice);
  const sender = new EventSender({ poster, connections: CONNECTIONS, mostWaiting });
  console.log(`${rate} events a second to ${url}; Ctrl-C ends it.`);
  const report = setInterval(() => console.log(describe(sender.totals)), REPORT_EVERY_MS);
  const until = Date.now() + durationMs;
  await play({ sender, rate, seed, until }, stopped.signal);
  clearInterval(report);
  const giveUp = setTimeout(() => sender.stop(), LAST_WORDS_MS);
  await sender.idle();
  clearTimeout(giveUp);
  poster.close();
  console.log(describe(sender.totals));
}

/** Makes events as they are due, in real time. A process that was held up makes up for a second at most. */
async function play(
  { sender, rate, seed, until }: { sender: EventSender; rate: number; seed: number; until: number },
  signal: AbortSignal,
): Promise<void> {
  let n = 0;
  for (let at = Date.now(); at < until && !signal.aborted; ) {
    const now = Math.min(Date.now(), until);
    const from = Math.max(at, now - SECOND);
    const due = Math.floor(((now - from) * rate) / SECOND);
    let body: unknown[] = [];
    for (let i = 0; i < due; i++) {
      body.push(eventAt(Math.floor(from + (i * SECOND) / rate), n++, seed));
      if (body.length < EVENTS_PER_BODY) continue;
      sender.send(body);
      body = [];
    }
    sender.send(body);
    // What is less than an event is due with the next ones.
    at = from + (due * SECOND) / rate;
    if (now >= until) return;
    await new Promise((resolve) => setTimeout(resolve, SLICE_MS));
  }
}

function describe({ accepted, duplicates, rejected, leftOut, retries, problem }: EventTotals): string {
  const counts = [
    `${accepted.toLocaleString('en-US')} events stored`,
    duplicates > 0 && `${duplicates} of them had been already`,
    rejected > 0 && `${rejected} rejected`,
    leftOut > 0 && `${leftOut} left out`,
    retries > 0 && `${retries} posts repeated`,
    problem,
  ];
  return `${new Date().toISOString().slice(11, 19)}  ${counts.filter(Boolean).join(', ')}`;
}

main().catch((error) => failWith(error, USAGE));
