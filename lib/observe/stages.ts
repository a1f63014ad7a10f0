/** What time of the event loop is used for. */
export const STAGES = [
  'match',
  'group',
  'rank',
  'evaluate',
  'read',
  'encode',
  'list',
  'fleet',
  'live',
] as const;
export type Stage = (typeof STAGES)[number];
