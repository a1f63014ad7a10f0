import { expect, it } from 'vitest';
import { relabel, relabelRule } from './relabel';

const rules = (...given: object[]) => given.map((rule) => relabelRule.parse(rule));
const labels = { __address__: 'web-1:9100', job: 'node', zone: 'eu' };

it.each([
  ['nothing', {}, labels],
  [
    'a part of another label',
    { source_labels: ['__address__'], regex: '([^:]+):.*', target_label: 'host' },
    { ...labels, host: 'web-1' },
  ],
  ['only where the whole value matches', { source_labels: ['zone'], regex: 'e', target_label: 'x' }, labels],
  [
    'named groups and dollars',
    {
      source_labels: ['zone', 'job'],
      regex: '(?P<z>.+);(.+)',
      target_label: 'x',
      replacement: ['$', '{z}-$2$$'].join(''),
    },
    { ...labels, x: 'eu-node$' },
  ],
  [
    'an empty value removes a label',
    { target_label: 'zone', replacement: '' },
    { __address__: 'web-1:9100', job: 'node' },
  ],
  ['keep', { source_labels: ['zone'], regex: 'eu|us', action: 'keep' }, labels],
  ['keep of something else', { source_labels: ['zone'], regex: 'us', action: 'keep' }, null],
  ['drop', { source_labels: ['zone'], regex: 'eu', action: 'drop' }, null],
  ['labeldrop', { regex: 'z.*', action: 'labeldrop' }, { __address__: 'web-1:9100', job: 'node' }],
  ['labelkeep', { regex: '__.*', action: 'labelkeep' }, { __address__: 'web-1:9100' }],
  ['labelmap', { regex: 'z(.*)', action: 'labelmap', replacement: 'x$1' }, { ...labels, xone: 'eu' }],
  [
    'uppercase',
    { source_labels: ['zone'], target_label: 'zone', action: 'uppercase' },
    { ...labels, zone: 'EU' },
  ],
])('%s', (_, rule, expected) => {
  const whole = Object.keys(rule).length === 0 ? [] : rules(rule);
  expect(relabel(labels, whole)).toEqual(expected);
});

it('is refused where a rule cannot be meant', () => {
  expect(() => rules({ action: 'replace' })).toThrow('target_label');
  expect(() => rules({ regex: '(', target_label: 'x' })).toThrow('regular expression');
  expect(() => rules({ action: 'hashmod', target_label: 'x' })).toThrow();
});
