import { fileURLToPath } from 'node:url';
import { failWith } from '../scripts/arguments';
import { findHighestRate } from './load/highest-rate';
import { type Load, measureOnce, type Programs } from './load/measure';
import { type Options, readOptions, USAGE } from './load/options';
import { hasPeer, openPeer, PEERS, type PeerName, scenarioFor } from './load/peers';
import { hasEngine, openPulseboard } from './load/pulseboard';
import { renderPage } from './load/render';
import type { Result } from './load/result';
import { RESULTS, saveResult } from './load/results';
import { rowsOf } from './load/rows';
import { SCENARIOS, type ScenarioName } from './load/scenarios';
import type { Scene } from './load/scene';
import { hasWrk, runWrk } from './load/wrk';
import { WORKER_PROGRAM } from './support/posts';
import { printTable } from './support/report';
import { VIEWERS_ARGUMENT, watchAs } from './support/viewers';

/**
 * A fleet against servers of Pulseboard, over every transport there is. Latencies count from when a message was due, and what was
 * acknowledged is counted in the database afterwards: a run that lost something has failed.
 */
const programs: Programs = { worker: WORKER_PROGRAM, viewers: fileURLToPath(import.meta.url) };

const SIGNALS = ['SIGINT', 'SIGTERM'] as const;

async function main(): Promise<void> {
  const options = readOptions(process.argv.slice(2));
  if (options.isHelp) {
    console.log(USAGE);
    return;
  }
  if (options.isRenderOnly) {
    renderPage(RESULTS.published);
    return;
  }
  if (!hasEngine(options.engine)) {
    console.log(`${options.engine}: skipped, extension not installed`);
    return;
  }
  for (const name of options.scenarios) {
    for (const result of await measure(name, options)) {
      saveResult(result, options.out ?? (options.isPublished ? RESULTS.published : RESULTS.own));
      printTable(result.name, rowsOf(result));
    }
  }
  if (options.isPublished) renderPage(RESULTS.published);
}

async function measure(scenarioName: ScenarioName, options: Options): Promise<Result[]> {
  const { engine, bus, nodes, viewers, withPeers } = options;
  const scenario = SCENARIOS[scenarioName];
  const load = { scenarioName, scenario, viewers, bus };
  const results = [await measureScene(() => openPulseboard({ engine, bus, nodes }), load, options)];
  for (const peer of withPeers ? presentPeers() : []) {
    const same = { scenarioName, scenario: scenarioFor(peer, scenario), viewers: 0, bus: null };
    results.push(await measureScene(() => openPeer(peer), same, options));
  }
  return results;
}

async function measureScene(
  open: () => Promise<Scene>,
  what: Omit<Load, 'servers' | 'processes'>,
  { servers, processes, isMax, everyMs, seconds, warmUpSeconds }: Options,
): Promise<Result> {
  const scene = await open();
  const load = { ...what, servers, processes };
  console.log(`${load.scenarioName} on ${scene.system}: ${servers} servers, ${load.viewers} viewers …`);
  const stop = () => void scene.close().finally(() => process.exit(130));
  for (const signal of SIGNALS) process.once(signal, stop);
  try {
    if (isMax) return await findHighestRate(programs, scene, load, { seconds, warmUpSeconds });
    const result = await measureOnce(programs, scene, load, { everyMs, seconds, warmUpSeconds });
    return everyMs === null && load.scenario.format === 'batch' && hasWrk()
      ? { ...result, wrk: runWrk(scene.ports[0], servers, seconds) }
      : result;
  } finally {
    for (const signal of SIGNALS) process.off(signal, stop);
    await scene.close();
  }
}

/** Peers that this machine has; of others it is said that they are missing. */
function presentPeers(): PeerName[] {
  return (Object.keys(PEERS) as PeerName[]).filter((name) => {
    const isThere = hasPeer(name);
    if (!isThere) console.log(`${name}: skipped, not installed`);
    return isThere;
  });
}

if (process.argv[2] === VIEWERS_ARGUMENT) await watchAs();
else await main().catch((error) => failWith(error, USAGE));
