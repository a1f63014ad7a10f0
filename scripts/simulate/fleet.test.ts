import { describe, expect, it } from 'vitest';
import { DAY, HOUR, MINUTE, SECOND } from '../../lib/model/time/duration';
import { type Batch, createFleet } from './fleet';
import { Latencies } from './latencies';

const START = Date.UTC(2026, 10, 18);

/** Everything a fleet says over a range, in order. */
function play(
  options: { servers: number; metrics: number; seed: number },
  lengthMs: number,
  stepMs: number,
): Batch[] {
  const fleet = createFleet(options);
  const batches: Batch[] = [];
  for (let t = START; t < START + lengthMs; t += stepMs) {
    for (const server of fleet) {
      const batch = server.report(t);
      if (batch) batches.push(batch);
    }
  }
  return batches;
}

function valuesOf(batches: Batch[], name: string): number[] {
  return batches.flatMap(({ samples }) =>
    samples.flatMap((sample) => (sample.name === name ? sample.value : [])),
  );
}

function groupBy<K>(batches: Batch[], keyOf: (batch: Batch) => K): Map<K, Batch[]> {
  const groups = new Map<K, Batch[]>();
  for (const batch of batches) groups.set(keyOf(batch), [...(groups.get(keyOf(batch)) ?? []), batch]);
  return groups;
}

describe('the simulated fleet', () => {
  it('is the same for the same seed and another for another', () => {
    const options = { servers: 20, metrics: 10, seed: 7 };
    const once = play(options, 10 * MINUTE, 10 * SECOND);
    expect(play(options, 10 * MINUTE, 10 * SECOND)).toEqual(once);
    expect(play({ ...options, seed: 8 }, 10 * MINUTE, 10 * SECOND)).not.toEqual(once);
  });

  it('posts what the contract takes: finite values, as many metrics as asked, hosts with labels', () => {
    const batches = play({ servers: 30, metrics: 20, seed: 1 }, 5 * MINUTE, 30 * SECOND);
    for (const { host, labels, samples } of batches) {
      expect(host).toMatch(/^(web|api|worker|cache|db)-(eu|us|ap)-\d{4}$/);
      expect(Object.keys(labels)).toEqual(['region', 'role', 'env']);
      expect(new Set(samples.map(({ name }) => name)).size).toBe(20);
      for (const { value } of samples) expect(Number.isFinite(value)).toBe(true);
    }
    for (const cpu of valuesOf(batches, 'cpu_usage_percent')) {
      expect(cpu).toBeGreaterThanOrEqual(0);
      expect(cpu).toBeLessThanOrEqual(100);
    }
  });

  it('has counters that only grow, but for restarts, which put them back to nothing', () => {
    const batches = play({ servers: 40, metrics: 10, seed: 3 }, DAY, MINUTE);
    const byHost = groupBy(batches, ({ host }) => host);
    let resets = 0;
    for (const ofHost of byHost.values()) {
      const requests = valuesOf(ofHost, 'http_requests_total');
      for (let at = 1; at < requests.length; at++) {
        if (requests[at] >= requests[at - 1]) continue;
        resets++;
        // A minute's worth at most: it began at zero since the sample before.
        expect(requests[at]).toBeLessThan(requests[at - 1]);
      }
    }
    expect(resets).toBeGreaterThan(0);
  });

  it('loses servers now and then, and gets them back', () => {
    const batches = play({ servers: 40, metrics: 1, seed: 3 }, 12 * HOUR, MINUTE);
    const rounds = groupBy(batches, ({ timestamp }) => timestamp);
    const sizes = new Set([...rounds.values()].map(({ length }) => length));
    expect(Math.max(...sizes)).toBe(40);
    expect(sizes.size).toBeGreaterThan(1);
    expect(new Set(rounds.get(START)?.map(({ host }) => host)).size).toBeGreaterThan(30);
  });

  it('is busier in the afternoon than at night', () => {
    const fleet = createFleet({ servers: 200, metrics: 1, seed: 1 }).filter(
      ({ labels }) => labels.region === 'eu-west',
    );
    const mean = (t: number) => {
      const values = fleet.flatMap((server) => server.report(t)?.samples[0].value ?? []);
      return values.reduce((sum, value) => sum + value, 0) / values.length;
    };
    expect(mean(START + 15 * HOUR)).toBeGreaterThan(1.3 * mean(START + 27 * HOUR));
  });

  it('spreads its voices over the interval', () => {
    const phases = createFleet({ servers: 1_000, metrics: 1, seed: 1 }).map((server) =>
      server.phaseMs(SECOND),
    );
    const perTenth = new Array(10).fill(0);
    for (const phase of phases) perTenth[Math.floor(phase / 100)]++;
    for (const count of perTenth) expect(count).toBeGreaterThan(60);
  });
});

describe('latencies in bounded memory', () => {
  it('know their quantiles to a hundredth', () => {
    const latencies = new Latencies();
    for (let ms = 1; ms <= 1_000; ms++) latencies.add(ms);
    expect(latencies.quantile(0.5)).toBeGreaterThan(494);
    expect(latencies.quantile(0.5)).toBeLessThan(506);
    expect(latencies.quantile(0.99)).toBeGreaterThan(979);
    expect(latencies.quantile(0.99)).toBeLessThan(1_001);
    expect(new Latencies().quantile(0.5)).toBeNull();
  });
});
