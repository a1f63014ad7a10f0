import { expect } from 'vitest';

/** Samples that are asked for. */
export interface Scene {
  metric: string;
  /** Seconds: the time of the newest sample. */
  end: number;
}

type Values = Record<string, string | string[]>;

interface Asked {
  what: string;
  /** As the data source sends it: POST is a form; what it knows to be answered by GET alone it asks so. */
  method: 'GET' | 'POST';
  path: string;
  values: (scene: Scene) => Values;
  status?: number;
  body: (scene: Scene) => unknown;
}

const success = (data: unknown, remarks = {}) => ({ status: 'success', data, ...remarks });
const series = ({ metric }: Scene, host: string) => ({ __name__: metric, host });
const range = ({ end }: Scene) => ({ start: String(end - 30), end: String(end), step: '15' });
const listed = ({ end }: Scene) => ({ start: String(end - 3_600), end: String(end), limit: '40000' });
const listedOf = (scene: Scene) => ({ 'match[]': `{__name__="${scene.metric}"}`, ...listed(scene) });
const badData = { status: 'error', errorType: 'bad_data', error: expect.any(String) };

/** From the public tests and sources of Grafana's data source: its back end, its resource clients, its health check. */
export const ASKED: Asked[] = [
  {
    what: 'the health check',
    method: 'POST',
    path: 'query',
    values: () => ({ query: '1+1', time: '4', timeout: '60s' }),
    body: () => success({ resultType: 'scalar', result: [4, '2'] }),
  },
  {
    what: 'which product it is',
    method: 'GET',
    path: 'status/buildinfo',
    values: () => ({}),
    body: () => success(expect.objectContaining({ version: expect.stringMatching(/^\d+\.\d+\.\d+$/) })),
  },
  ...(['POST', 'GET'] as const).map(
    (method): Asked => ({
      what: `a range, by ${method}`,
      method,
      path: 'query_range',
      values: (scene) => ({
        query: `sum by (host) (irate(${scene.metric}{host=~"a|b"}[1m]))`,
        timeout: '60s',
        ...range(scene),
      }),
      body: ({ end }) =>
        success({
          resultType: 'matrix',
          result: ['a', 'b'].map((host, i) => ({
            metric: { host },
            values: [end - 30, end - 15, end].map((at) => [at, String(i + 1)]),
          })),
        }),
    }),
  ),
  {
    what: 'a range at fractions of a second',
    method: 'POST',
    path: 'query_range',
    values: ({ metric, end }) => ({
      query: `${metric}{host="a"}`,
      start: `${end - 1}.5`,
      end: `${end}.25`,
      step: '0.5',
    }),
    body: (scene) =>
      success({
        resultType: 'matrix',
        result: [
          {
            metric: series(scene, 'a'),
            values: [
              [scene.end - 1.5 + 1, '585'],
              [scene.end, '600'],
            ],
          },
        ],
      }),
  },
  {
    what: 'an instant',
    method: 'POST',
    path: 'query',
    values: ({ metric, end }) => ({ query: `topk(1, ${metric})`, time: `${end}.5`, timeout: '60s' }),
    body: (scene) =>
      success({
        resultType: 'vector',
        result: [{ metric: series(scene, 'b'), value: [scene.end + 0.5, '1200'] }],
      }),
  },
  {
    what: 'a table of raw samples',
    method: 'POST',
    path: 'query',
    values: ({ metric, end }) => ({ query: `${metric}{host="a"}[20s]`, time: String(end) }),
    body: (scene) =>
      success({
        resultType: 'matrix',
        result: [
          {
            metric: series(scene, 'a'),
            values: [
              [scene.end - 15, '585'],
              [scene.end, '600'],
            ],
          },
        ],
      }),
  },
  {
    what: 'a text',
    method: 'POST',
    path: 'query',
    values: () => ({ query: '"up"', time: '7' }),
    body: () => success({ resultType: 'string', result: [7, 'up'] }),
  },
  {
    what: 'nothing that there is',
    method: 'POST',
    path: 'query_range',
    values: (scene) => ({ query: `${scene.metric}_none`, ...range(scene) }),
    body: () => success({ resultType: 'matrix', result: [] }),
  },
  {
    what: 'a range, of which only some',
    method: 'POST',
    path: 'query_range',
    values: (scene) => ({ query: `${scene.metric} * 0`, limit: '1', ...range(scene), step: '30' }),
    body: ({ end }) =>
      success(
        {
          resultType: 'matrix',
          result: [
            {
              metric: { host: 'a' },
              values: [
                [end - 30, '0'],
                [end, '0'],
              ],
            },
          ],
        },
        { warnings: ['results truncated due to limit'] },
      ),
  },
  {
    what: 'a parameter of its own for how long values last',
    method: 'POST',
    path: 'query',
    values: ({ metric, end }) => ({
      query: `count(${metric})`,
      time: String(end + 20),
      lookback_delta: '15s',
    }),
    body: () => success({ resultType: 'vector', result: [] }),
  },
  {
    what: 'what looks like a mistake, with a remark',
    method: 'POST',
    path: 'query',
    values: ({ metric, end }) => ({ query: `quantile(2, ${metric})`, time: String(end) }),
    body: ({ end }) =>
      success(
        { resultType: 'vector', result: [{ metric: {}, value: [end, '+Inf'] }] },
        { warnings: ['PromQL warning: quantile value should be between 0 and 1'] },
      ),
  },
  ...(['POST', 'GET'] as const).map(
    (method): Asked => ({
      what: `a variable that was not filled in, by ${method}: it repeats by GET what was a bad POST`,
      method,
      path: 'query_range',
      values: (scene) => ({ query: `rate(${scene.metric}[$__rate_interval])`, ...range(scene) }),
      status: 400,
      body: () => badData,
    }),
  ),
  {
    what: 'exemplars',
    method: 'POST',
    path: 'query_exemplars',
    values: ({ metric, end }) => ({ query: metric, start: String(end - 60), end: String(end) }),
    body: () => success([]),
  },
  {
    what: 'names of labels',
    method: 'POST',
    path: 'labels',
    values: listedOf,
    body: () => success(['__name__', 'host']),
  },
  {
    what: 'names of labels of all series',
    method: 'POST',
    path: 'labels',
    values: (scene) => ({ 'match[]': '{__name__!=""}', ...listed(scene) }),
    body: () => success(expect.arrayContaining(['__name__', 'host'])),
  },
  {
    what: 'series',
    method: 'POST',
    path: 'series',
    values: (scene) => ({ 'match[]': `{__name__="${scene.metric}",host!=""}`, ...listed(scene) }),
    body: (scene) => success(['a', 'b'].map((host) => series(scene, host))),
  },
  {
    what: 'series of several selectors, each once',
    method: 'POST',
    path: 'series',
    values: (scene) => ({
      'match[]': [`${scene.metric}{host="b"}`, `${scene.metric}{host=~"b|c"}`],
      ...listed(scene),
    }),
    body: (scene) => success([series(scene, 'b')]),
  },
  {
    what: 'values of a label',
    method: 'GET',
    path: 'label/host/values',
    values: listedOf,
    body: () => success(['a', 'b']),
  },
  {
    what: 'names of metrics',
    method: 'GET',
    path: 'label/__name__/values',
    values: (scene) => listed(scene),
    body: ({ metric }) => success(expect.arrayContaining([metric])),
  },
  {
    what: 'names of metrics that hold a text',
    method: 'GET',
    path: 'label/__name__/values',
    values: (scene) => ({ 'match[]': `{__name__=~".*${scene.metric.slice(1)}"}`, ...listed(scene) }),
    body: ({ metric }) => success([metric]),
  },
  {
    what: 'values of a label whose name is no identifier',
    method: 'GET',
    path: 'label/U__http_2e_status:sum/values',
    values: (scene) => listed(scene),
    body: () => success([]),
  },
  {
    what: 'values of a label, by a method it has learnt not to use',
    method: 'POST',
    path: 'label/host/values',
    values: (scene) => listed(scene),
    status: 405,
    body: () => expect.anything(),
  },
  {
    what: 'types of metrics',
    method: 'GET',
    path: 'metadata',
    values: () => ({ limit: '40000' }),
    body: ({ metric }) =>
      success(expect.objectContaining({ [metric]: [{ type: 'counter', help: '', unit: 'bytes' }] })),
  },
  {
    what: 'type of a metric',
    method: 'GET',
    path: 'metadata',
    values: ({ metric }) => ({ metric }),
    body: ({ metric }) => success({ [metric]: [{ type: 'counter', help: '', unit: 'bytes' }] }),
  },
  {
    what: 'rules',
    method: 'GET',
    path: 'rules',
    values: () => ({ type: 'record' }),
    body: () => success({ groups: [] }),
  },
  { what: 'alerts', method: 'GET', path: 'alerts', values: () => ({}), body: () => success({ alerts: [] }) },
];
