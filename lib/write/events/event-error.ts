import { EVENT_LIMITS as most } from '../../model/events';

/** Why an event was rejected, where samples are not rejected for the same. */
export const EVENT_ERRORS = {
  bad_event: 'an event is an object with a message, an endpoint or a further field',
  bad_level: 'level must be one of trace, debug, info, warn, error, fatal, or a usual other name of one',
  bad_duration: 'duration must be a finite number of milliseconds that is not negative',
  bad_status: 'status must be a whole number from 0 to 999',
  bad_text: `service and host are text of at most ${most.nameLength} characters, endpoint ${most.endpointLength}, traceId ${most.traceIdLength}, id ${most.idLength}, message ${most.messageLength}, without NUL or half a character`,
  bad_field: `further fields are at most ${most.fields} names with values, ${most.fieldDepth} levels deep, names of at most ${most.fieldNameLength} characters (not __proto__), ${most.fieldsLength} characters of JSON in all, text without NUL or half a character`,
  too_many_at_once: 'too many events of this service and endpoint in one second',
} as const satisfies Record<string, string>;
export type EventErrorCode = keyof typeof EVENT_ERRORS;
