import type { Env } from '../../env';
import { Attempts } from './attempts';
import { EndedSessions } from './ended-sessions';
import { Senders } from './senders';
import { Viewers } from './viewers';

/** Who may write, and who may look. */
export class Auth {
  readonly senders: Senders;
  readonly attempts = new Attempts();
  readonly endedSessions = new EndedSessions();
  readonly viewers: Viewers;

  constructor(settings: Env) {
    this.senders = new Senders(settings.INGEST_KEYS);
    this.viewers = new Viewers(settings, this.attempts, this.endedSessions);
  }
}
