import { inject } from 'vitest';
import { nodesChaos } from './nodes.case.test';

nodesChaos('timescale', inject('timescaleUrl'));
