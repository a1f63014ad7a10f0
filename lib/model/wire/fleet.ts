import { z } from 'zod';
import { Time } from './shared';

/** The topic `fleet`: what pages of hosts show has moved; how many hosts there are, and series. */
export const FleetEvent = z.strictObject({
  now: Time,
  hosts: z.int().nonnegative(),
  series: z.int().nonnegative(),
});
export type FleetEvent = z.infer<typeof FleetEvent>;
