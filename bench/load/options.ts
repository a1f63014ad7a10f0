import { parseArgs } from 'node:util';
import { readCount, readDuration } from '../../scripts/arguments';
import { SCENARIOS, type ScenarioName } from './scenarios';
import type { Bus } from './scene';

export const USAGE = `npm run bench -- load [SCENARIO …] [OPTION …]
scenarios: ${Object.keys(SCENARIOS).join(', ')}; all of them when none is named
  --servers N     simulated servers (1000)
  --every TIME    between two messages of each (1s)
  --flat-out      instead: each sends again as soon as it has its answer
  --max           instead: the highest rate that is sustained with p99 ≤ 250 ms, found in steps
  --seconds N     how long is measured (20)
  --warm-up N     seconds before that (5)
  --engine NAME   postgres, timescale (postgres)
  --bus NAME      memory, redis (memory)
  --nodes N       servers of Pulseboard on one database (1)
  --viewers N     streams of dashboards that are open meanwhile (0)
  --processes N   of the generator (2)
  --peers         InfluxDB and VictoriaMetrics as well, where they are installed
  --out FOLDER    results go here (.build/bench/results)
  --publish       results go to bench/results, and docs/benchmarks.md is written anew from there
  --render        nothing is measured: docs/benchmarks.md is written anew`;

export interface Options {
  scenarios: ScenarioName[];
  servers: number;
  everyMs: number | null;
  isMax: boolean;
  seconds: number;
  warmUpSeconds: number;
  engine: 'postgres' | 'timescale';
  bus: Bus;
  nodes: number;
  viewers: number;
  processes: number;
  withPeers: boolean;
  out: string | null;
  isPublished: boolean;
  isRenderOnly: boolean;
  isHelp: boolean;
}

/** @throws Error with a sentence that says what would be right */
export function readOptions(args: string[]): Options {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      servers: { type: 'string', default: '1000' },
      every: { type: 'string', default: '1s' },
      'flat-out': { type: 'boolean', default: false },
      max: { type: 'boolean', default: false },
      seconds: { type: 'string', default: '20' },
      'warm-up': { type: 'string', default: '5' },
      engine: { type: 'string', default: 'postgres' },
      bus: { type: 'string', default: 'memory' },
      nodes: { type: 'string', default: '1' },
      viewers: { type: 'string', default: '0' },
      processes: { type: 'string', default: '2' },
      peers: { type: 'boolean', default: false },
      out: { type: 'string' },
      publish: { type: 'boolean', default: false },
      render: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  return {
    scenarios: (positionals.length > 0 ? positionals : Object.keys(SCENARIOS)).map((name) =>
      oneOf('The scenario', name, Object.keys(SCENARIOS) as ScenarioName[]),
    ),
    servers: readCount('--servers', values.servers, { to: 100_000 }),
    everyMs: values['flat-out'] ? null : readDuration('--every', values.every),
    isMax: values.max,
    seconds: readCount('--seconds', values.seconds, { to: 86_400 }),
    warmUpSeconds: readCount('--warm-up', values['warm-up'], { from: 0, to: 3_600 }),
    engine: oneOf('--engine', values.engine, ['postgres', 'timescale']),
    bus: oneOf('--bus', values.bus, ['memory', 'redis']),
    nodes: readCount('--nodes', values.nodes, { to: 16 }),
    viewers: readCount('--viewers', values.viewers, { from: 0, to: 10_000 }),
    processes: readCount('--processes', values.processes, { to: 64 }),
    withPeers: values.peers,
    out: values.out ?? null,
    isPublished: values.publish,
    isRenderOnly: values.render,
    isHelp: values.help,
  };
}

function oneOf<T extends string>(option: string, text: string, choice: readonly T[]): T {
  const found = choice.find((each) => each === text);
  if (!found) throw new Error(`${option} ${text} should be one of ${choice.join(', ')}`);
  return found;
}
