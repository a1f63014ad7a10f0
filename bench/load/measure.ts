import { type Audience, type EventTimes, openAudience } from './audience';
import { type Cost, startMeter } from './cost';
import { type Fleet, type FleetReport, openFleet } from './fleet';
import { FORMATS } from './formats';
import { coreSpeed, machine } from './machine';
import type { Latencies, Result } from './result';
import type { Scenario } from './scenarios';
import type { Bus, Scene, Sums } from './scene';

/** The bundled programs that run in processes of their own. */
export interface Programs {
  worker: string;
  viewers: string;
}

export interface Load {
  scenarioName: string;
  scenario: Scenario;
  servers: number;
  viewers: number;
  bus: Bus | null;
  /** Processes of the generator. */
  processes: number;
}

/** How messages are spread over the time of one measurement. */
export interface Pace {
  /** Between two messages of a sender; null: again as soon as it has its answer. */
  everyMs: number | null;
  /** Seconds that count, and seconds before them. */
  seconds: number;
  warmUpSeconds: number;
}

/** A scene under load, which may be measured several times. */
export interface Rig {
  measure(pace: Pace): Promise<Measurement>;
  /** What was acknowledged in all measurements, and what was stored since the rig was opened. */
  audit(): Promise<{ acknowledged: Sums; stored: Sums; errors: Record<string, number> }>;
  close(): Promise<void>;
}

export interface Measurement {
  pace: Pace;
  senders: number;
  samplesPerMessage: number;
  report: FleetReport;
  cost: Cost;
  event: EventTimes | null;
}

const INTRODUCE_AT_A_TIME = 64;

/** Opens the senders' connections, makes all series and opens the viewers' streams. */
export async function openRig(programs: Programs, scene: Scene, load: Load): Promise<Rig> {
  const { scenario, servers, viewers, processes } = load;
  const { contentType } = FORMATS[scenario.format];
  const targets = scene.ports.map((port) => ({ port, path: scenario.path, contentType }));
  const before = await scene.storage.sums();
  const acknowledged: Sums = { samples: 0, hundredths: 0 };
  const errors: Record<string, number> = {};
  const take = (report: FleetReport) => {
    acknowledged.samples += report.acknowledged.samples;
    acknowledged.hundredths += report.acknowledged.hundredths;
    for (const [what, count] of Object.entries(report.errors)) errors[what] = (errors[what] ?? 0) + count;
    return report;
  };
  const fleet = await openFleet(programs.worker, scenario, { servers, targets, processes });
  let audience: Audience | null = null;
  try {
    take(await fleet.run({ pace: 'once', atATime: INTRODUCE_AT_A_TIME }));
    if (viewers > 0) audience = await openAudience(programs.viewers, scene, viewers);
  } catch (error) {
    await fleet.close();
    throw error;
  }
  return {
    async measure(pace) {
      const { cost, event, report } = await run(scene, fleet, audience, pace);
      take(report);
      const { senders, samplesPerMessage } = fleet;
      return { pace, senders, samplesPerMessage, report, cost, event };
    },
    async audit() {
      const { samples, hundredths } = await scene.storage.sums();
      const stored = {
        samples: samples - before.samples,
        hundredths: hundredths - before.hundredths,
      };
      return { acknowledged, stored, errors };
    },
    async close() {
      audience?.close();
      await fleet.close();
    },
  };
}

async function run(scene: Scene, fleet: Fleet, audience: Audience | null, pace: Pace) {
  const { everyMs, seconds, warmUpSeconds } = pace;
  const startAt = Date.now() + 100;
  const countFrom = startAt + warmUpSeconds * 1_000;
  const times = { countFrom, endAt: countFrom + seconds * 1_000 };
  const running = fleet.run(
    everyMs === null ? { pace: 'flat-out', ...times } : { pace: 'steady', everyMs, startAt, ...times },
  );
  // A failed run is waited for below.
  running.catch(() => {});
  await until(countFrom);
  const meter = await startMeter(scene);
  const watching = audience?.watch(seconds * 1_000) ?? null;
  watching?.catch(() => {});
  await until(times.endAt);
  const cost = await meter.end();
  return { cost, event: await watching, report: await running };
}

function until(epochMs: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, epochMs - Date.now()));
}

/** One run from its first connection to its audit. */
export async function measureOnce(programs: Programs, scene: Scene, load: Load, pace: Pace): Promise<Result> {
  const rig = await openRig(programs, scene, load);
  try {
    const measurement = await rig.measure(pace);
    return await toResult(scene, load, measurement, await rig.audit());
  } finally {
    await rig.close();
  }
}

export async function toResult(
  scene: Scene,
  load: Load,
  { pace, senders, samplesPerMessage, report, cost, event }: Measurement,
  { acknowledged, stored, errors }: Awaited<ReturnType<Rig['audit']>>,
): Promise<Result> {
  const { database, durability } = await scene.storage.describe();
  const answered = report.answeredInTime / pace.seconds;
  const samples = report.answeredInTime * samplesPerMessage;
  const allSamples = report.sent * samplesPerMessage;
  return {
    name: nameOf(scene, load, pace),
    at: new Date().toISOString(),
    scenario: load.scenarioName,
    system: scene.system,
    durability,
    bus: load.bus,
    nodes: scene.ports.length,
    servers: load.servers,
    senders,
    viewers: load.viewers,
    samplesPerMessage,
    seconds: pace.seconds,
    pace: pace.everyMs === null ? 'flat-out' : 'steady',
    offered: pace.everyMs === null ? null : (senders * 1_000) / pace.everyMs,
    answered,
    samplesPerSecond: answered * samplesPerMessage,
    ack: latenciesOf(report),
    event,
    errors,
    acknowledged,
    stored,
    lost: Math.max(0, acknowledged.samples - stored.samples),
    cores: { ...cost.cores, generator: report.cpuSeconds / (pace.seconds + pace.warmUpSeconds) },
    samplesPerCpuSecond: samples / cost.cpuSeconds,
    memory: cost.memoryBytes,
    wirePerSample: { sent: report.bytesSent / allSamples, received: report.bytesReceived / allSamples },
    diskPerSample: { tables: cost.diskBytes.tables / samples, wal: cost.diskBytes.wal / samples },
    generatorLateP99: report.lateness.getValueAtPercentile(99) / 1_000,
    versions: { machine: machine(), coreSpeed: coreSpeed(), node: process.version, database },
  };
}

function nameOf({ system, ports }: Scene, { scenarioName, bus, viewers, servers }: Load, { everyMs }: Pace) {
  const parts = [
    scenarioName,
    system,
    bus,
    `${ports.length}-nodes`,
    `${servers}-servers`,
    `${viewers}-viewers`,
  ];
  return [...parts.filter((part) => part !== null), everyMs === null ? 'flat-out' : `${everyMs}-ms`].join(
    '.',
  );
}

function latenciesOf({ latencies }: FleetReport): Latencies {
  const at = (percentile: number) => latencies.getValueAtPercentile(percentile) / 1_000;
  return {
    mean: latencies.mean / 1_000,
    p50: at(50),
    p95: at(95),
    p99: at(99),
    p999: at(99.9),
    max: latencies.maxValue / 1_000,
  };
}
