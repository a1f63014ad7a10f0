import { connect, type Socket } from 'node:net';

/** What one run of the generator measured. */
export interface LoadResult {
  posts: number;
  /** From the server's own answers. */
  accepted: number;
  duplicates: number;
  /** Answers that were not 200, by status. */
  refused: Record<string, number>;
  seconds: number;
  /** Of answered posts, ms. */
  latencies: { p50: number; p99: number; max: number };
  cpuSeconds: number;
}

export interface LoadOptions {
  port: number;
  connections: number;
  hosts: number;
}

export type LoadRun =
  /** Every host posts once: makes all series. */
  | { mode: 'introduce' }
  /** Each connection posts as soon as it has its answer: how much goes through. */
  | { mode: 'closed'; durationMs: number }
  /**
   * Posts fall due at a steady rate whether or not the server keeps up; latency counts from when a post was due, so a
   * stalled server cannot hide behind a generator that waits for it (coordinated omission).
   */
  | { mode: 'open'; durationMs: number; postsPerSecond: number };

const METRICS = [
  'cpu_usage_percent',
  'memory_used_percent',
  'load1',
  'disk_busy_percent',
  'filesystem_used_percent',
  'network_receive_bytes_per_second',
  'network_transmit_bytes_per_second',
  'http_requests_per_second',
  'http_request_duration_seconds',
  'temperature_celsius',
];
export const SAMPLES_PER_POST = METRICS.length;

/** A request of one host, written once; only its digits change, in place. */
class Template {
  readonly bytes: Buffer;
  private readonly timestampAt: number;
  private readonly valuesAt: number[] = [];
  private lastTimestamp = 0;

  constructor(host: string) {
    const samples = METRICS.map((name) => `{"name":"${name}","value":10.00}`).join(',');
    const body = `{"host":"${host}","timestamp":1000000000000,"labels":{"region":"eu-west","role":"web"},"samples":[${samples}]}`;
    const head = `POST /api/metrics HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n`;
    this.bytes = Buffer.from(head + body);
    this.timestampAt = this.bytes.indexOf('1000000000000');
    for (let at = this.bytes.indexOf('10.00'); at !== -1; at = this.bytes.indexOf('10.00', at + 1))
      this.valuesAt.push(at);
  }

  /** The next request: a newer timestamp, other values. */
  next(): Buffer {
    this.lastTimestamp = Math.max(Date.now(), this.lastTimestamp + 1);
    this.bytes.write(String(this.lastTimestamp), this.timestampAt, 'latin1');
    for (const at of this.valuesAt) {
      this.bytes[at] = 49 + Math.floor(Math.random() * 9);
      this.bytes[at + 1] = 48 + Math.floor(Math.random() * 10);
      this.bytes[at + 3] = 48 + Math.floor(Math.random() * 10);
    }
    return this.bytes;
  }
}

/** One keep-alive connection: a post, its whole answer, the next post. */
class Connection {
  private received = '';
  private dueAt = 0;
  private turn = 0;

  constructor(
    private readonly socket: Socket,
    private readonly templates: Template[],
    private readonly onAnswer: (connection: Connection, status: string, body: string, ms: number) => void,
  ) {
    socket.setNoDelay(true);
    socket.setEncoding('latin1');
    socket.on('data', (text: string) => this.receive(text));
    socket.on('end', () => {
      throw new Error('the server closed a connection');
    });
  }

  /** @param dueAt when this post should have left, in `performance.now()` time */
  post(dueAt: number): void {
    this.dueAt = dueAt;
    this.socket.write(this.templates[this.turn++ % this.templates.length].next());
  }

  close(): void {
    this.socket.destroy();
  }

  private receive(text: string): void {
    this.received += text;
    const headEnd = this.received.indexOf('\r\n\r\n');
    if (headEnd === -1) return;
    const length = Number(/content-length: (\d+)/i.exec(this.received)?.[1]);
    if (Number.isNaN(length))
      throw new Error(`an answer without a length: ${this.received.slice(0, headEnd)}`);
    const end = headEnd + 4 + length;
    if (this.received.length < end) return;
    const body = this.received.slice(headEnd + 4, end);
    const status = this.received.slice(9, 12);
    this.received = this.received.slice(end);
    this.onAnswer(this, status, body, performance.now() - this.dueAt);
  }
}

/** A load generator on its connections. Errors of the connection end the process: a benchmark with holes is none. */
export async function openLoad({ port, connections, hosts }: LoadOptions) {
  const templates = Array.from(
    { length: hosts },
    (_, host) => new Template(`web-${String(host).padStart(5, '0')}`),
  );
  let onAnswer: (connection: Connection, status: string, body: string, ms: number) => void = () => {};
  const open = await Promise.all(
    Array.from({ length: connections }, async (_, number) => {
      const socket = connect(port, '127.0.0.1');
      await new Promise<void>((resolve, reject) => socket.once('connect', resolve).once('error', reject));
      const own = templates.filter((_, host) => host % connections === number);
      return new Connection(socket, own, (...answer) => onAnswer(...answer));
    }),
  );

  async function run(plan: LoadRun): Promise<LoadResult> {
    const latencies: number[] = [];
    const result = { posts: 0, accepted: 0, duplicates: 0, refused: {} as Record<string, number> };
    const cpuBefore = process.cpuUsage();
    const startedAt = performance.now();
    const schedule = createSchedule(plan, startedAt, hosts);
    let outstanding = 0;
    const idle: Connection[] = [];
    let finish: () => void = () => {};
    const finished = new Promise<void>((resolve) => {
      finish = resolve;
    });

    const take = (connection: Connection) => {
      const dueAt = schedule.next(performance.now());
      if (dueAt === 'later') idle.push(connection);
      else if (dueAt === 'never') {
        if (outstanding === 0) finish();
      } else {
        outstanding++;
        connection.post(dueAt);
      }
    };
    onAnswer = (connection, status, body, ms) => {
      outstanding--;
      result.posts++;
      if (status === '200') {
        latencies.push(ms);
        result.accepted += Number(/"accepted":(\d+)/.exec(body)?.[1]);
        result.duplicates += Number(/"duplicates":(\d+)/.exec(body)?.[1]);
      } else result.refused[status] = (result.refused[status] ?? 0) + 1;
      take(connection);
    };

    for (const connection of open) take(connection);
    const clock = setInterval(() => {
      for (const connection of idle.splice(0)) take(connection);
    }, 1);
    await finished;
    clearInterval(clock);

    const cpu = process.cpuUsage(cpuBefore);
    latencies.sort((a, b) => a - b);
    const quantile = (share: number) =>
      latencies[Math.min(latencies.length - 1, Math.floor(latencies.length * share))];
    return {
      ...result,
      seconds: (performance.now() - startedAt) / 1_000,
      latencies: { p50: quantile(0.5), p99: quantile(0.99), max: quantile(1) },
      cpuSeconds: (cpu.user + cpu.system) / 1e6,
    };
  }

  return {
    run,
    close: () => {
      for (const connection of open) connection.close();
    },
  };
}

/** When the next post is due, as of `now`: a time not after it, or not yet, or no more. */
function createSchedule(plan: LoadRun, startedAt: number, hosts: number) {
  let given = 0;
  return {
    next(now: number): number | 'later' | 'never' {
      if (plan.mode === 'introduce') return given++ < hosts ? now : 'never';
      if (now - startedAt >= plan.durationMs) return 'never';
      if (plan.mode === 'closed') return now;
      const dueAt = startedAt + (given * 1_000) / plan.postsPerSecond;
      if (dueAt > now) return 'later';
      given++;
      return dueAt;
    },
  };
}
