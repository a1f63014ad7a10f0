import { nodesChaos } from './nodes.case.test';

nodesChaos('postgres');
