import { FRONTS } from '../support/server-process';
import { describeGate } from './gate.case.test';

for (const front of FRONTS) describeGate(front);
