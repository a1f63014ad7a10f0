import { hangChaos } from './hang.case.test';

hangChaos('timescale');
