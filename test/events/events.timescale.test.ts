import { inject } from 'vitest';
import { eventsCases } from './events.case.test';

eventsCases('timescale', inject('timescaleUrl'));
