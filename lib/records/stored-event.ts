import type { Level } from '../model/events';

/** An event to be stored. What it lacks is null. */
export interface NewEvent {
  /** A UUID: the same event sent again has the same. */
  id: string;
  /** Epoch ms. */
  ts: number;
  level: Level;
  service: string;
  /** As its metrics have it, and as it was sent where that differs. */
  endpoint: string | null;
  path: string | null;
  message: string;
  duration: number | null;
  status: number | null;
  host: string | null;
  traceId: string | null;
  /** JSON of the further fields. */
  fields: string | null;
  /** What its samples share places with, an int8; null of an event that has no samples. */
  placeKey: string | null;
}

/** What is stored of an event: what was stored first, where it came before. */
export interface StoredEvent {
  ts: number;
  service: string;
  endpoint: string | null;
  /** A number that no other event of its second has among those of its `placeKey`, from 0. */
  place: number | null;
  isNew: boolean;
  /** Not stored: there are `MOST_PLACES` in its second. */
  isRefused: boolean;
}

/** Events of one `placeKey` in one second. */
export const MOST_PLACES = 100_000;
