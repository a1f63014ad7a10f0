import { contract } from './contract.case.test';

contract('TLS');
