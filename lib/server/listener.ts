import type { Root } from '../system/root';

/** Takes samples in another way than over our port, such as a socket of its own for TCP or UDP. */
export interface Listener {
  /** For the log. */
  readonly name: string;
  /**
   * Begins to listen, once the system is ready. `openIngestSession` decides who may send, and how often.
   *
   * @returns the off-switch, which resolves when nothing more is taken; null where the settings do not want it
   * @throws Error with a sentence for people when it cannot listen; the server then does not start
   */
  start(root: Root): Promise<(() => Promise<void>) | null>;
}
