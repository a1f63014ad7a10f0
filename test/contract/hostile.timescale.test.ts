import { inject } from 'vitest';
import { hostileCases } from './hostile.case.test';

hostileCases('timescale', inject('timescaleUrl'));
