import type { OnRecords } from './database';
import { endedSessionsRecord } from './ended-sessions';
import { scrapingNodesRecord } from './scraping-nodes';

/**
 * What the system keeps besides samples, in tables that both engines have (`drizzle/records`): a line for each record.
 */
export function openRecords(on: OnRecords) {
  return {
    endedSessions: endedSessionsRecord(on),
    scrapingNodes: scrapingNodesRecord(on),
  };
}

export type Records = ReturnType<typeof openRecords>;
