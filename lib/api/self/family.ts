import type { Family } from '../../observe/figures';

/** A figure of one value that goes up and down. */
export function gauge(name: string, help: string, value: number): Family {
  return { name, help, type: 'gauge', readings: [{ value }] };
}

/** A figure of one value that only goes up. */
export function total(name: string, help: string, value: number): Family {
  return { ...gauge(name, help, value), type: 'counter' };
}
