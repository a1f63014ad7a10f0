/**
 * What a shared bus needs of Redis: to send texts into channels, and to keep following a channel. Three
 * implementations, one behaviour suite (`bus.case.test.ts`).
 */
export interface Transport {
  readonly kind: 'memory' | 'redis' | 'upstash';
  /** Sends in order, in one round trip, within a few seconds. Rejects when not all of it is known to have arrived. */
  send(messages: readonly OutgoingMessage[]): Promise<void>;
  /**
   * Which of the channels have followers right now, for transports that know exactly. A channel without followers need
   * not be sent to: a node that follows it later reads the database after that.
   */
  followed?(channels: readonly string[]): Promise<ReadonlySet<string>>;
  /** Follows a channel until the returned off-switch is called, through every interruption, with backoff. */
  follow(channel: string, follower: Follower): () => void;
  close(): Promise<void>;
}

export interface OutgoingMessage {
  channel: string;
  /** One line. */
  text: string;
}

export interface Follower {
  message(text: string): void;
  /** Every message sent from now on arrives; called again after each interruption. */
  up(): void;
  /** Messages may be lost from now on. */
  down(): void;
}

/** A text that keeps a quiet channel's connection alive; receivers ignore it. */
export const PING = 'ping';
