import { once } from '../env/once';
import type { Root } from './root';

/**
 * The root of this process, for route handlers and pages, which are called without one. An entry point has made it
 * (`makeRoot`), in another file, so that the bundle of a page does not include the whole server.
 */
export function rootOfProcess(): Root {
  return once<Root>('root', () => {
    throw new Error(
      'There is no root yet: it is made by server.ts, and by instrumentation.ts under next start.',
    );
  });
}
