import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type Admin, Kafka, logLevel } from 'kafkajs';
import { ended, endWithUs, until } from './processes';

/**
 * The mock cluster of librdkafka, as kcat has it built in (that of Debian without its option -M): three brokers with
 * Kafka's wire protocol, topics of four partitions that are made when they are named, and consumer groups. It differs
 * from Kafka: everything is in the memory of one process, so that a cluster that ends is gone; a partition keeps its
 * newest 5 MB, and says that what was before is out of range; it takes messages of any size; it describes no groups and
 * sets no offsets (DescribeGroups); it speaks versions of the protocol up to about Kafka 2.3 (ApiVersions 2, Metadata 2,
 * Fetch 11), checks no logins and knows no TLS.
 */
export interface KafkaCluster {
  readonly brokers: string;
  readonly admin: Admin;
  /** Stops it answering without ending it. */
  freeze(): void;
  thaw(): void;
  close(): Promise<void>;
}

export async function startKafka(): Promise<KafkaCluster> {
  // A producer that has nothing to send keeps its cluster until its input ends.
  const args = ['-P', '-b', 'mock', '-t', 'unused', '-X', 'test.mock.num.brokers=3', '-d', 'mock'];
  const child: ChildProcess = spawn('kcat', args, { stdio: ['pipe', 'ignore', 'pipe'] });
  endWithUs(child);
  let output = '';
  const read = (chunk: Buffer) => {
    output += chunk;
  };
  child.stderr!.on('data', read);
  const brokers = await until(() => {
    const [, found] = /bootstrap\.servers=(\S+)/.exec(output) ?? [];
    if (!found) throw new Error(`kcat has no cluster: ${output}`);
    return found;
  });
  // It goes on to name every request.
  child.stderr!.off('data', read).resume();
  const admin = new Kafka({ brokers: brokers.split(','), logLevel: logLevel.NOTHING }).admin();
  await admin.connect();
  return {
    brokers,
    admin,
    freeze: () => child.kill('SIGSTOP'),
    thaw: () => child.kill('SIGCONT'),
    async close() {
      child.kill('SIGCONT');
      await admin.disconnect();
      child.kill('SIGKILL');
      await ended(child);
    },
  };
}

/** What stands between two messages that kcat is given: text has it nowhere. */
const BETWEEN = '\u0001';

export interface Sending {
  headers?: Record<string, string>;
  compression?: 'gzip' | 'snappy' | 'lz4';
  partition?: number;
}

/** Sends messages as kcat does: those of bytes from a file each, since they may have any byte. */
export async function sendMessages(
  brokers: string,
  topic: string,
  messages: ReadonlyArray<string | Buffer>,
  { headers = {}, compression, partition = -1 }: Sending = {},
): Promise<void> {
  const args = ['-P', '-b', brokers, '-t', topic, '-p', String(partition), '-D', BETWEEN];
  for (const [name, value] of Object.entries(headers)) args.push('-H', `${name}=${value}`);
  if (compression) args.push('-z', compression);
  args.push(
    '-X',
    'message.max.bytes=200000000',
    '-X',
    'message.timeout.ms=30000',
    '-X',
    'topic.partitioner=random',
  );
  const folder = mkdtempSync(join(tmpdir(), 'pulseboard-kcat-'));
  const bytes = messages.filter((message) => typeof message !== 'string');
  const files = bytes.map((_, at) => join(folder, String(at)));
  for (const [at, file] of files.entries()) writeFileSync(file, bytes[at]);
  const texts = messages.filter((message) => typeof message === 'string');
  if (texts.length > 0) await produce(args, texts.join(BETWEEN));
  if (files.length > 0) await produce([...args, ...files], '');
  rmSync(folder, { recursive: true });
}

async function produce(args: string[], input: string): Promise<void> {
  const child = spawn('kcat', args, { stdio: ['pipe', 'ignore', 'pipe'] });
  endWithUs(child);
  let complaint = '';
  child.stderr.on('data', (chunk) => {
    complaint += chunk;
  });
  child.stdin.end(input);
  await ended(child);
  if (child.exitCode !== 0) throw new Error(`kcat: ${complaint}`);
}

export interface ReadMessage {
  topic: string;
  partition: number;
  offset: number;
  headers: Record<string, string>;
  payload: string | null;
}

/** All messages of a topic, as kcat reads them. */
export async function readMessages(brokers: string, topic: string): Promise<ReadMessage[]> {
  const args = ['-C', '-b', brokers, '-t', topic, '-o', 'beginning', '-e', '-J', '-q'];
  const { stdout } = await promisify(execFile)('kcat', args, { maxBuffer: 2 ** 29, timeout: 60_000 });
  const messages = stdout.split('\n').filter((line) => line !== '');
  return messages.map((line) => {
    const { headers = [], ...message } = JSON.parse(line);
    const pairs = Array.from({ length: headers.length / 2 }, (_, i) => [headers[2 * i], headers[2 * i + 1]]);
    return { ...message, headers: Object.fromEntries(pairs) };
  });
}

/** How many messages of a topic the group has committed. */
export async function committed(admin: Admin, groupId: string, topic: string): Promise<number> {
  const [{ partitions }] = await admin.fetchOffsets({ groupId, topics: [topic] });
  return partitions.reduce((sum, { offset }) => sum + Math.max(0, Number(offset)), 0);
}
