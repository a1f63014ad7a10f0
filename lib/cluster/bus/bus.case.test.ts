import { afterEach, beforeAll, describe } from 'vitest';
import { type BusMedium, type BusScene, createBusScene } from '../../../test/support/bus-scene';
import { testDelivery } from './delivery.case.test';
import { testInterruptions } from './interruptions.case.test';

/** The behaviour of a shared bus, whatever is underneath. */
export function describeBus(name: string, open: () => Promise<BusMedium>): void {
  describe(`shared bus over ${name}`, () => {
    let scene: BusScene;

    beforeAll(async () => {
      const medium = await open();
      scene = createBusScene(medium);
      return () => medium.close();
    });
    afterEach(() => scene.stop());

    testDelivery(() => scene);
    testInterruptions(() => scene);
  });
}
