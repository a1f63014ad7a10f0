import { z } from 'zod';

export const Time = z.int().meta({ description: 'Epoch milliseconds', example: 1795200000000 });
export const AnyLabels = z.record(z.string(), z.string()).meta({ example: { region: 'eu' } });
