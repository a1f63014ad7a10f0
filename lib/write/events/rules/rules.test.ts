import { describe, expect, it } from 'vitest';
import type { IncomingEvent } from '../incoming-event';
import { readEvent } from '../read-event';
import { DEFAULT_RULES } from './defaults';
import { deriveLabels, deriveValues } from './derive';
import { EventRules } from './schema';

function event(given: object): IncomingEvent {
  const read = readEvent({ message: 'x', ...given }, 0, { now: 1, precision: 'ms', bodyKey: null });
  if ('code' in read) throw new Error(read.message);
  return read;
}

const made = (given: object, rules = DEFAULT_RULES) =>
  Object.fromEntries(deriveValues(rules, event(given)).map(({ rule, value }) => [rule.metric, value]));

describe('the rules there are', () => {
  it('make counts, errors and times of requests, and nothing of lines of a log', () => {
    expect(made({ status: 200, duration: 12.5 })).toEqual({
      request_count: 1,
      error_rate: 0,
      response_time: 12.5,
    });
    expect(made({ status: 500, duration: 0 })).toEqual({ request_count: 1, error_rate: 1, response_time: 0 });
    expect(made({ status: 499 })).toEqual({ request_count: 1, error_rate: 0 });
    expect(made({ duration: 1, level: 'fatal' })).toEqual({
      request_count: 1,
      error_rate: 1,
      response_time: 1,
    });
    expect(made({ level: 'error' })).toEqual({});
  });

  it('label them by service and endpoint, where an event has them', () => {
    expect(deriveLabels(DEFAULT_RULES, event({ service: 's', endpoint: '/e' }))).toEqual({
      service: 's',
      endpoint: '/e',
    });
    expect(deriveLabels(DEFAULT_RULES, event({}))).toEqual({});
  });
});

describe('other rules', () => {
  const rules = EventRules.parse({
    labels: [{ label: 'plan', field: 'fields.plan' }],
    metrics: [
      {
        metric: 'cart_value',
        unit: 'eur',
        when: [{ is: 'oneOf', field: 'fields.kind', values: ['buy', 7] }],
        value: { of: 'field', field: 'fields.total' },
      },
    ],
  });

  it('look at further fields, own ones only', () => {
    expect(made({ kind: 'buy', total: 12 }, rules)).toEqual({ cart_value: 12 });
    expect(made({ kind: 7, total: -3 }, rules)).toEqual({ cart_value: -3 });
    expect(made({ kind: 'look', total: 12 }, rules)).toEqual({});
    expect(made({ kind: 'buy', total: '12' }, rules)).toEqual({});
    expect(deriveLabels(rules, event({ plan: 'pro' }))).toEqual({ plan: 'pro' });
    expect(deriveLabels(rules, event({ plan: true }))).toEqual({ plan: 'true' });
    expect(deriveLabels(rules, event({ plan: { a: 1 } }))).toEqual({});
    const own = EventRules.parse({ ...rules, labels: [{ label: 'plan', field: 'fields.constructor' }] });
    expect(deriveLabels(own, event({}))).toEqual({});
  });

  it('are refused where they cannot work', () => {
    const [metric] = rules.metrics;
    for (const wrong of [
      { labels: [], metrics: rules.metrics },
      { labels: [{ label: 'lane', field: 'host' }], metrics: rules.metrics },
      { labels: rules.labels, metrics: [metric, metric] },
      { labels: rules.labels, metrics: [{ ...metric, metric: '1x' }] },
      { labels: rules.labels, metrics: [{ ...metric, when: [] }] },
      { labels: rules.labels, metrics: [{ ...metric, value: { of: 'field', field: 'password' } }] },
    ])
      expect(EventRules.safeParse(wrong).success).toBe(false);
  });
});
