import { PromqlError } from '../../read/promql/errors';

const LAST_CODE_POINT = 0x10ffff;
const ESCAPED = /^U__(?:[^_]|__|_[0-9a-fA-F]{1,6}_)*$/;

/**
 * The label that `…/label/<name>/values` names. A name that is no identifier may come as Prometheus' clients write it:
 * `U__service_2e_name` is `service.name`.
 * @throws PromqlError `bad_data`
 */
export function labelOfPath(path: string): string {
  const segment = path.split('/').at(-2)!;
  try {
    return unescapeName(decodeURIComponent(segment));
  } catch (cause) {
    if (cause instanceof URIError)
      throw new PromqlError('bad_data', `invalid label name: ${JSON.stringify(segment)}`);
    throw cause;
  }
}

function unescapeName(name: string): string {
  if (!ESCAPED.test(name)) return name;
  let isValid = true;
  const text = name.slice('U__'.length).replace(/__|_([0-9a-fA-F]+)_/g, (_, hex?: string) => {
    if (hex === undefined) return '_';
    const code = Number.parseInt(hex, 16);
    isValid &&= code <= LAST_CODE_POINT;
    return isValid ? String.fromCodePoint(code) : '';
  });
  return isValid ? text : name;
}
