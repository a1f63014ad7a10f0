import { framesChaos } from './frames.case.test';

framesChaos('timescale');
