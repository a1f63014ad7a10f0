import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ExposedKind, type ExpositionFormat, parseSeries, readExposition } from './exposition';

function read(text: string, format: ExpositionFormat = 'text') {
  const samples: Array<{ key: string; value: number; timestamp: number | null } & ExposedKind> = [];
  readExposition(text, format, {
    sample: (key, value, timestamp, kind) => samples.push({ key, value, timestamp, ...kind }),
  });
  return samples;
}

describe('an exposition in the text format', () => {
  it('is read as the manual of Prometheus shows it', () => {
    const text = `# HELP http_requests_total The total number of HTTP requests.
# TYPE http_requests_total counter
http_requests_total{method="post",code="200"} 1027 1395066363000
http_requests_total{method="post",code="400"}    3 1395066363000

# Escaping in label values:
msdos_file_access_time_seconds{path="C:\\\\DIR\\\\FILE.TXT",error="Cannot find file:\\n\\"FILE.TXT\\""} 1.458255915e9

# Minimalistic line:
metric_without_timestamp_and_labels 12.47

# A weird metric from before the epoch:
something_weird{problem="division by zero"} +Inf -3982045

# TYPE http_request_duration_seconds histogram
http_request_duration_seconds_bucket{le="0.05"} 24054
http_request_duration_seconds_bucket{le="+Inf"} 144320
http_request_duration_seconds_sum 53423
http_request_duration_seconds_count 144320

# TYPE rpc_duration_seconds summary
rpc_duration_seconds{quantile="0.01"} 3102
rpc_duration_seconds_sum 1.7560473e+07
rpc_duration_seconds_count 2693
`;
    const samples = read(text).map(({ key, value, timestamp, type }) => [
      parseSeries(key),
      value,
      timestamp,
      type,
    ]);
    expect(samples).toEqual([
      [
        { name: 'http_requests_total', labels: { method: 'post', code: '200' } },
        1027,
        1395066363000,
        'counter',
      ],
      [{ name: 'http_requests_total', labels: { method: 'post', code: '400' } }, 3, 1395066363000, 'counter'],
      [
        {
          name: 'msdos_file_access_time_seconds',
          labels: { path: 'C:\\DIR\\FILE.TXT', error: 'Cannot find file:\n"FILE.TXT"' },
        },
        1.458255915e9,
        null,
        undefined,
      ],
      [{ name: 'metric_without_timestamp_and_labels', labels: {} }, 12.47, null, undefined],
      [
        { name: 'something_weird', labels: { problem: 'division by zero' } },
        Number.POSITIVE_INFINITY,
        -3982045,
        undefined,
      ],
      [{ name: 'http_request_duration_seconds_bucket', labels: { le: '0.05' } }, 24054, null, 'counter'],
      [{ name: 'http_request_duration_seconds_bucket', labels: { le: '+Inf' } }, 144320, null, 'counter'],
      [{ name: 'http_request_duration_seconds_sum', labels: {} }, 53423, null, 'counter'],
      [{ name: 'http_request_duration_seconds_count', labels: {} }, 144320, null, 'counter'],
      [{ name: 'rpc_duration_seconds', labels: { quantile: '0.01' } }, 3102, null, 'gauge'],
      [{ name: 'rpc_duration_seconds_sum', labels: {} }, 1.7560473e7, null, 'counter'],
      [{ name: 'rpc_duration_seconds_count', labels: {} }, 2693, null, 'counter'],
    ]);
  });

  it.each([
    ['up', 'line 1: a line is a name'],
    ['up{a="b" 1', 'line 1: a label is not closed'],
    ['ok 1\nup 1 2 3', 'line 2: a line is a name'],
    ['up 0x10', 'line 1: a line is a name'],
    ['up 1 noon', 'line 1: its time'],
  ])('%j is refused with the number of the line', (text, message) => {
    expect(() => read(text)).toThrow(message);
  });

  it.each(['{', 'a b', 'a{b}', 'a{b="c"', 'a{="c"}', 'a{b="c"d="e"}', '1a{}', 'a{b="c",,}'])(
    '%j is no series',
    (key) => {
      expect(parseSeries(key)).toBeNull();
    },
  );

  it('takes blanks, a comma at the end, CRLF, NaN in any case, and quoted names', () => {
    expect(read('up { a = "b" , } 1 \r\nx nan\r\n')).toMatchObject([
      { key: 'up { a = "b" , }', value: 1 },
      { key: 'x', value: Number.NaN },
    ]);
    expect(parseSeries('up { a = "b" , }')).toEqual({ name: 'up', labels: { a: 'b' } });
    expect(parseSeries('{"http.requests","a.b"="c"}')).toEqual({
      name: 'http.requests',
      labels: { 'a.b': 'c' },
    });
  });

  it('takes any label value back as it was written', () => {
    const name = fc.constantFrom('a', 'le', 'host_name', '_9', 'constructor');
    fc.assert(
      fc.property(
        fc.dictionary(name, fc.string({ unit: 'binary-ascii', maxLength: 20 }), { maxKeys: 4 }),
        fc.double({ noNaN: true }),
        (labels, value) => {
          const list = Object.entries(labels).map(
            ([label, text]) =>
              `${label}="${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')}"`,
          );
          const [sample, ...others] = read(`m{${list.join()}} ${value}\n`);
          expect(others).toEqual([]);
          expect(parseSeries(sample.key)).toEqual({ name: 'm', labels: { ...labels } });
          expect(sample.value).toBe(Number(String(value)));
        },
      ),
    );
  });
});

describe('an exposition of OpenMetrics', () => {
  it('has seconds, units and exemplars, and an end', () => {
    const text = `# TYPE foo_seconds counter
# UNIT foo_seconds seconds
foo_seconds_total{a="x # y"} 17.0 1520879607.789 # {trace_id="oHg5SJ"} 0.67 1520879607.1
foo_seconds_created 1520430000.123
# TYPE bar gauge
bar 1e-3
# EOF
`;
    expect(read(text, 'openmetrics')).toEqual([
      {
        key: 'foo_seconds_total{a="x # y"}',
        value: 17,
        timestamp: 1520879607789,
        type: 'counter',
        unit: 'seconds',
      },
      { key: 'foo_seconds_created', value: 1520430000.123, timestamp: null, type: 'gauge', unit: 'seconds' },
      { key: 'bar', value: 0.001, timestamp: null, type: 'gauge', unit: undefined },
    ]);
  });

  it('is refused when it is cut off, or goes on after its end', () => {
    expect(() => read('a 1\n', 'openmetrics')).toThrow('cut off');
    expect(() => read('a 1\n# EOF\nb 1\n', 'openmetrics')).toThrow('line 3: something follows # EOF');
  });
});
