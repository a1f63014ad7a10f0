import { once } from '../env/once';
import type { Root } from './root';

/**
 * The root of this process, for what is called without one: route handlers and pages. An entry point has made it
 * (`makeRoot`); that is elsewhere, so that no page's bundle has all of the server in it.
 */
export function rootOfProcess(): Root {
  return once<Root>('root', () => {
    throw new Error(
      'There is no root yet: it is made by server.ts, and by instrumentation.ts under next start.',
    );
  });
}
