import { vi } from 'vitest';
import { engineUnderTest } from '../case/engine-under-test';
import { storeCases } from '../store.case.test';

// A refresh takes tens of milliseconds however little there is to do, and these cases ask for hundreds.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

storeCases(engineUnderTest('timescale'));
