import { inject } from 'vitest';
import { eventLogCases } from './event-log.case.test';

eventLogCases('postgres', inject('postgresUrl'));
