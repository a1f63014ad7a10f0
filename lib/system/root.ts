import { monitorEventLoopDelay } from 'node:perf_hooks';
import { Auth } from '../access/auth/auth';
import { Limits } from '../access/limit/limits';
import { openGuardedRedis } from '../cluster/guarded-redis';
import type { RedisCommands } from '../cluster/redis/commands';
import { type Env, parseEnv } from '../env';
import { once } from '../env/once';
import { PulseError } from '../model/errors';
import { SECOND } from '../model/time/duration';
import { createFigures } from '../observe/figures';
import { log } from '../observe/log';
import type { BreakerStatus } from '../runtime/breaker';
import { OffSwitches } from '../runtime/off-switches';
import { Reclaim } from '../runtime/reclaim';
import { Scheduler } from '../runtime/work/scheduler';
import { Clients } from '../write/clients/clients';
import { Relays } from '../write/forward/relays';
import { type System, startSystem } from './system';

export type Startup =
  | { phase: 'starting'; reason: string }
  | { phase: 'ready'; system: System }
  | { phase: 'failed'; reason: string };

/** What runs a process. */
export type Runner = 'server.ts' | 'next';

/**
 * One server: its settings, everything it holds from its first moment on, and the system that it starts. Parts below
 * are given what they need when they are made; the fronts, which are above, take it from here.
 */
export class Root {
  /** Its own figures. */
  readonly figures = createFigures();
  /** Who sends to it. */
  readonly clients = new Clients();
  readonly eventLoopDelay = monitorEventLoopDelay({ resolution: 10 });
  readonly breakers = new Set<BreakerStatus>();
  readonly scheduler = new Scheduler({ figures: this.figures });
  readonly auth: Auth;
  /** For limits and the cache; null where the settings name none. */
  readonly redis: RedisCommands | null;
  readonly limits: Limits;
  readonly reclaim = new Reclaim();
  /** Who forwards samples to this server. */
  readonly relays = new Relays();
  /** Aborted when the server stops: an open stream would keep the process from ending (58 s were measured). */
  readonly drain = new AbortController();
  /** The label that this server's own figures are stored with; null while they are not stored. */
  readonly recording: { instance: string | null } = { instance: null };
  private readonly offSwitches = new OffSwitches();
  private runner: Runner | undefined;
  private state: Startup = { phase: 'starting', reason: 'The server is starting.' };
  private started: Promise<System> | undefined;
  private isClosed = false;

  constructor(readonly settings: Env) {
    this.eventLoopDelay.enable();
    this.offSwitches.add(() => this.eventLoopDelay.disable());
    this.offSwitches.add(() => this.reclaim.close());
    this.offSwitches.add(() => this.scheduler.close());
    this.auth = new Auth(settings);
    this.redis = openGuardedRedis(settings, this.breakers);
    this.offSwitches.add(() => this.redis?.close());
    this.limits = new Limits(settings, this.redis, this.reclaim);
    this.offSwitches.add(() => this.limits.close());
  }

  get startup(): Startup {
    return this.state;
  }

  /** Notes who runs this process, and returns who does: the first to call it starts and stops the server. */
  runBy(runner: Runner): Runner {
    this.runner ??= runner;
    return this.runner;
  }

  /** Starts the system on the first call and resolves when it can take samples. Rejects when it cannot start. */
  system(): Promise<System> {
    this.started ??= this.start();
    return this.started;
  }

  /** The system if it is up, or `database_unavailable` with what it is waiting for. Never waits: for hot paths. */
  ready(): System {
    const { state } = this;
    if (state.phase === 'ready') return state.system;
    throw new PulseError('database_unavailable', state.reason, { retryAfterMs: SECOND });
  }

  /** Has `off` called when this server is closed, before what ends the parts that were started earlier. */
  onClose(off: () => unknown): void {
    this.offSwitches.add(off);
  }

  /**
   * Ends everything that was started, the last first. A start that is still under way is not waited for, since it may
   * take for ever; the system ends as soon as it has started.
   */
  async close(): Promise<void> {
    this.isClosed = true;
    this.drain.abort();
    await this.offSwitches.close();
  }

  private async start(): Promise<System> {
    try {
      const system = await startSystem(this, (reason) => {
        this.state = { phase: 'starting', reason };
      });
      this.offSwitches.add(() => system.close());
      if (this.isClosed) await this.offSwitches.close();
      else this.state = { phase: 'ready', system };
      return system;
    } catch (error) {
      this.state = { phase: 'failed', reason: 'The server could not start; its log says why.' };
      log().error({ err: error }, 'start failed');
      throw error;
    }
  }
}

/** Makes the root of this process on the first call. @throws Error that names each wrong setting */
export function makeRoot(): Root {
  return once('root', () => new Root(parseEnv(process.env)));
}
