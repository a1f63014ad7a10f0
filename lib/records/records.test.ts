import { inject } from 'vitest';
import { recordsCases } from './records.case.test';

recordsCases('postgres', inject('postgresUrl'));
