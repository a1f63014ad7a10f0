import { FRONTS } from '../support/server-process';
import { describeSources } from './sources.case.test';

for (const front of FRONTS) describeSources(front);
