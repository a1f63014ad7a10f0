import { FRONTS } from '../support/server-process';
import { describeOddRequests } from './odd-requests.case.test';

for (const front of FRONTS) describeOddRequests(front);
