import { inject } from 'vitest';
import { auditCases } from './audit.case.test';

auditCases({ name: 'timescale', server: inject('timescaleUrl') });
