import { spoolChaos } from './spool.case.test';

spoolChaos('timescale');
