import { contract } from './contract.case.test';

contract('server.ts', 'timescale');
