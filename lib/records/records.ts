import type { OnRecords } from './database';
import { endedSessionsRecord } from './ended-sessions';

/**
 * What the system keeps besides samples, in tables that both engines have (`drizzle/records`): a line for each record.
 */
export function openRecords(on: OnRecords) {
  return {
    endedSessions: endedSessionsRecord(on),
  };
}

export type Records = ReturnType<typeof openRecords>;
