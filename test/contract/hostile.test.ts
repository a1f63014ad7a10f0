import { hostileCases } from './hostile.case.test';

hostileCases('postgres');
