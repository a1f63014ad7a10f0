import { auditCases } from './audit.case.test';

auditCases({ name: 'postgres' });
