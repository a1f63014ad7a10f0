import { spoolChaos } from './spool.case.test';

spoolChaos('postgres');
