import { PulseError } from '../../model/errors';

/** @throws PulseError `bad_json` */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    // The engine's own message quotes the body; the position is enough.
    const position = /position (\d+)/.exec((cause as Error).message)?.[1];
    const where = position ? ` (at character ${position})` : '';
    throw new PulseError('bad_json', `The body is not valid JSON${where}.`, { cause });
  }
}
