import { contract } from './contract.case.test';

contract('next start');
