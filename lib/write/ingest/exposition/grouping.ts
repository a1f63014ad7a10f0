import { PulseError } from '../../../model/errors';
import { LABEL_NAME, type Labels } from '../../../model/labels';

const BASE64 = '@base64';

/**
 * The labels that a path of the Pushgateway names: `job/<job>/<label>/<value>…`, of which each may be
 * `<label>@base64/<value in base64url>`, as Prometheus' manual of it has them. A value may be empty in base64 (`=`).
 *
 * @param rest the path behind `/metrics/`, as it was sent
 * @throws PulseError `bad_parameter`
 */
export function readGrouping(rest: string): Labels {
  const segments = rest.split('/');
  if (segments.length % 2 === 1) throw wrong(`${segments.at(-1)} has no value`);
  const labels = new Map<string, string>();
  // From the end, so that of two of a name the first one stays, which for `job` is the one that has to be there.
  for (let i = segments.length - 2; i >= 0; i -= 2) {
    const [name, value] = readLabel(segments[i], segments[i + 1]);
    labels.set(name, value);
  }
  if (!labels.get('job')) throw wrong('the job has no name');
  return Object.fromEntries(labels);
}

function readLabel(written: string, value: string): [name: string, value: string] {
  const isBase64 = written.endsWith(BASE64);
  const name = decoded(isBase64 ? written.slice(0, -BASE64.length) : written);
  if (!LABEL_NAME.test(name) || name.startsWith('__')) throw wrong(`${name} is no name of a label`);
  return [name, isBase64 ? fromBase64(decoded(value)) : decoded(value)];
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw wrong(`${text} is not well encoded`);
  }
}

function fromBase64(text: string): string {
  const bytes = Buffer.from(text, 'base64url');
  const isWhole = /^[\w+-]*={0,2}$/.test(text);
  const value = bytes.toString('utf8');
  if (!isWhole || !Buffer.from(value).equals(bytes)) throw wrong(`${text} is not UTF-8 in base64url`);
  return value;
}

function wrong(what: string): PulseError {
  const message = `The path says what is pushed, as /metrics/job/<job>/<label>/<value>; ${what}.`;
  return new PulseError('bad_parameter', message);
}
