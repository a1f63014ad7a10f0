/** Of one broker that messages are pulled from. */
export interface BrokerFigures {
  isConnected: boolean;
  /** Messages all of which is stored. */
  stored: number;
  /** Messages that cannot be stored, or not all of which can, and were put aside. */
  dead: number;
  /** Messages that wait at the broker for this node, as of the last look; null where the broker does not say. */
  lag: number | null;
}

export function createBrokerFigures(): BrokerFigures {
  return { isConnected: false, stored: 0, dead: 0, lag: null };
}
