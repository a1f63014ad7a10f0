import { engineUnderTest } from '../case/engine-under-test';
import { storeCases } from '../store.case.test';

storeCases(engineUnderTest('timescale'));
