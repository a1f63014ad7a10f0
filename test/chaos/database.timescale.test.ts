import { databaseChaos } from './database.case.test';

databaseChaos('timescale');
