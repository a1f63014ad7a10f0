import { databaseChaos } from './database.case.test';

databaseChaos('postgres');
