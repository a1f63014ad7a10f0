import { eventsCases } from './events.case.test';

eventsCases('postgres');
