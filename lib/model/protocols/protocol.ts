/** Where to send to, as whoever pastes a config has it. */
export interface Place {
  /** The scheme, name and port of the server: `https://pulse.example.com`. */
  readonly origin: string;
  /** Of an ingest key; null where none is asked for. */
  readonly key: string | null;
  /** Ports that settings give to protocols, by the settings' names; those without one are off. */
  readonly ports: Readonly<Record<string, number | undefined>>;
}

/** One protocol that samples arrive by, and what people need to use it. */
export interface Protocol {
  /** As its users call it. */
  readonly name: string;
  /** What speaks it. */
  readonly senders: string;
  readonly arrives: Arrival;
  readonly configs: readonly Config[];
  /** The page about it, from the root of the project. */
  readonly docs: string;
}

export interface Arrival {
  /** The paths of its endpoints, as the table of ingest endpoints has them, whatever the method. */
  readonly paths?: readonly string[];
  /** The settings without any of which it is off, each with a value to try. */
  readonly settings?: Readonly<Record<string, string>>;
  /** What else has to be known, in a sentence. */
  readonly note?: string;
  /** What is counted, where it is not samples. */
  readonly counts?: 'events' | 'items';
}

/** Something to paste. The page about the protocol has it as it is with `PLACE_OF_DOCS`. */
export interface Config {
  /** The name of its file, or where it is typed. */
  readonly title: string;
  text(place: Place): string;
}

/** What stands where a key belongs until there is one. */
export const KEY_PLACE = 'KEY';

export const PLACE_OF_DOCS: Place = { origin: 'http://127.0.0.1:3000', key: KEY_PLACE, ports: {} };

/** Keys that mean the same in a shell, YAML, TOML, JavaScript and a header, without quotes or with. */
export const PLAIN_KEY = /^[\w.~+/=-]{1,512}$/;

/** Lines one below the other, without those that do not apply. */
export function lines(...each: Array<string | false>): string {
  return each.filter((line) => line !== false).join('\n');
}

/** The name without the port, for protocols with ports of their own. */
export function hostOf({ origin }: Place): string {
  return new URL(origin).hostname.replace(/^\[|\]$/g, '');
}

/** The port that a setting gives, or the one to try. */
export function portOf<Name extends string>({ ports }: Place, tried: Readonly<Record<Name, string>>): number {
  const [name, value] = Object.entries<string>(tried)[0];
  return ports[name] ?? Number(value);
}
