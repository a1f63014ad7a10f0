/** How grave an event is, from the least; their numbers in the database are their places here. */
export const LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal'] as const;
export type Level = (typeof LEVELS)[number];

/** Limits of an event, and of the body that it comes in. */
export const EVENT_LIMITS = {
  idLength: 128,
  /** Of a service, a host: they become labels. */
  nameLength: 256,
  endpointLength: 2_048,
  traceIdLength: 128,
  messageLength: 16_384,
  /** Further fields: names with a value, counted through all levels. */
  fields: 64,
  fieldDepth: 4,
  fieldNameLength: 64,
  /** Of all further fields together, as JSON. */
  fieldsLength: 16_384,
  eventsPerJsonBody: 10_000,
  /** A page of events that are read back. */
  page: 1_000,
} as const;
