import { FRONTS } from '../support/server-process';
import { describePeople } from './people.case.test';

for (const front of FRONTS) describePeople(front);
