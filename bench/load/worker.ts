import { startClock } from './clock';
import { FORMATS, type FormatName } from './formats';
import { Message } from './message';
import { Sender } from './sender';
import { type Report, Tally } from './tally';
import { TRANSPORTS, type TransportName } from './transports';
import type { Target } from './transports/transport';

/** What a generator process is told once. */
export interface Crew {
  readonly transport: TransportName;
  readonly format: FormatName;
  /** For each sender where it sends to, and the hosts whose samples it sends. */
  readonly senders: ReadonlyArray<{ target: Target; hosts: string[] }>;
}

export type Run =
  /** Every sender sends one message, so many at a time: makes all series. */
  | { pace: 'once'; atATime: number }
  /** Each sender by its own clock. Times are epoch ms; what falls due before `countFrom` is not timed. */
  | { pace: 'steady'; everyMs: number; startAt: number; countFrom: number; endAt: number }
  /** Each sender again as soon as it has its answer: how much goes through. */
  | { pace: 'flat-out'; countFrom: number; endAt: number };

export type Order = { open: Crew } | { run: Run } | 'close';

const CONNECT_AT_A_TIME = 100;
/** Answers that have not come so long after the last message was due do not come. */
const DRAIN_LIMIT_MS = 60_000;

let senders: Sender[] = [];

async function open({ transport, format, senders: plan }: Crew): Promise<void> {
  const { atATime, frame, connect } = TRANSPORTS[transport];
  let next = 0;
  const connectInTurn = async () => {
    while (next < plan.length) {
      const { target, hosts } = plan[next++];
      const sender = new Sender(new Message(FORMATS[format], hosts, (body) => frame(body, target)), atATime);
      sender.attach(await connect(target, sender));
      senders.push(sender);
    }
  };
  await Promise.all(Array.from({ length: CONNECT_AT_A_TIME }, connectInTurn));
}

async function run(plan: Run): Promise<Report> {
  const cpuBefore = process.cpuUsage();
  const before = traffic();
  const tally = new Tally(
    plan.pace === 'once' ? 0 : toMonotonic(plan.countFrom),
    plan.pace === 'once' ? Number.POSITIVE_INFINITY : toMonotonic(plan.endAt),
  );
  await PACES[plan.pace](plan as never, tally);
  const cpu = process.cpuUsage(cpuBefore);
  const after = traffic();
  return tally.report({
    bytesSent: after.sent - before.sent,
    bytesReceived: after.received - before.received,
    cpuSeconds: (cpu.user + cpu.system) / 1e6,
  });
}

type Pace<Name extends Run['pace']> = (plan: Extract<Run, { pace: Name }>, tally: Tally) => Promise<void>;

const PACES: { [Name in Run['pace']]: Pace<Name> } = {
  async once({ atATime }, tally) {
    let next = 0;
    const goOn = () => {
      if (next < senders.length) senders[next++].due(performance.now());
    };
    for (const sender of senders) sender.begin(tally, goOn);
    for (let i = 0; i < atATime; i++) goOn();
    await drained();
  },
  async steady({ everyMs, startAt, endAt }, tally) {
    for (const sender of senders) sender.begin(tally, null);
    const times = { everyMs, startAt: toMonotonic(startAt), endAt: toMonotonic(endAt) };
    await startClock(senders, times).ended;
    await drained();
  },
  async 'flat-out'({ endAt }, tally) {
    const end = toMonotonic(endAt);
    for (const sender of senders) {
      sender.begin(tally, () => {
        const now = performance.now();
        if (now < end) sender.due(now);
      });
      sender.due(performance.now());
    }
    await drained();
  },
};

function traffic(): { sent: number; received: number } {
  const all = senders.map((sender) => sender.traffic);
  return {
    sent: all.reduce((sum, { sent }) => sum + sent, 0),
    received: all.reduce((sum, { received }) => sum + received, 0),
  };
}

async function drained(): Promise<void> {
  const giveUpAt = performance.now() + DRAIN_LIMIT_MS;
  while (senders.some(({ outstanding }) => outstanding > 0)) {
    if (performance.now() > giveUpAt) {
      for (const sender of senders) if (sender.outstanding > 0) sender.fail('no answer in time');
      return;
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

function toMonotonic(epochMs: number): number {
  return epochMs - performance.timeOrigin;
}

process.on('message', async (order: Order) => {
  if (order === 'close') {
    for (const sender of senders) sender.close();
    senders = [];
    process.disconnect();
  } else if ('open' in order) {
    await open(order.open);
    process.send?.('open');
  } else process.send?.(await run(order.run));
});
process.on('disconnect', () => process.exit());
