import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { SECOND } from '../model/time/duration';

/** Instructions a compiled expression may have; a list of some hundred hosts stays below. */
const MAX_PROGRAM_SIZE = 5_000;
/** After so long the thread answers what it has, so that others have their turn. */
const TURN_MS = 20;
/** An expression that takes longer for one value, or for being compiled, is given up together with its thread. */
const LONGEST_MS = SECOND;
/** How long the thread may take to start, on a busy machine. */
const START_MS = 20 * SECOND;
/**
 * Expressions kept compiled, and what all of them may hold: an automaton grows with the values it has seen, to 8 MB.
 */
const MOST_COMPILED = 16;
const MEMORY_MB = 256;

/**
 * What the thread runs. RE2's expressions are linear in the value, and yet one can take 500 ms for a single value,
 * and 2 s to compile: beside the event loop, in a thread that can be ended.
 */
const PROGRAM = `
'use strict';
const { parentPort, workerData } = require('node:worker_threads');
const { RE2JS } = require('node:module').createRequire(workerData)('re2js');
const compiled = new Map();

function compile(expression) {
  const known = compiled.get(expression);
  // As Prometheus 3 does: the dot matches every character.
  const made = known ?? RE2JS.compile(expression, RE2JS.DOTALL);
  if (made.programSize() > ${MAX_PROGRAM_SIZE}) throw new Error('it is too large');
  compiled.delete(expression);
  compiled.set(expression, made);
  if (compiled.size > ${MOST_COMPILED}) compiled.delete(compiled.keys().next().value);
  return made;
}

function groupsOf(made, value) {
  const matcher = made.matcher(value);
  if (!matcher.matches()) return null;
  const numbered = [];
  for (let i = 0; i <= matcher.groupCount(); i++) numbered.push(matcher.group(i) ?? '');
  const named = Object.entries(made.namedGroups()).map(([name, i]) => [name, numbered[i]]);
  return { numbered, named: Object.fromEntries(named) };
}

parentPort.on('message', ({ expression, values, wantsGroups }) => {
  const startedAt = performance.now();
  const verdicts = [];
  const groups = [];
  let problem;
  try {
    const made = compile(expression);
    for (const value of values) {
      if (wantsGroups) groups.push(groupsOf(made, value));
      verdicts.push(wantsGroups ? groups.at(-1) !== null : made.testExact(value));
      if (performance.now() - startedAt > ${TURN_MS}) break;
    }
  } catch (error) {
    problem = String(error.message);
  }
  parentPort.postMessage({ verdicts, groups, problem, ms: performance.now() - startedAt });
});
parentPort.postMessage('ready');
`;

/** What the thread made of an expression. */
export interface Verdicts {
  /** Whether each of the first values matches; those after them are to be asked again. */
  verdicts: boolean[];
  /** What the groups matched in each of them, where that was asked for; null for one that does not match. */
  groups: Array<MatchedGroups | null>;
  /** What is wrong with the expression. */
  problem?: string;
  /** Time the thread took. */
  ms: number;
}

/** The texts of an expression's groups, the whole being number 0; '' for one that took no part. */
export interface MatchedGroups {
  numbered: string[];
  named: Record<string, string>;
}

/** Who asks. Those that used the least time go first. */
export interface Asker {
  readonly matchingMs: number;
}

interface Job {
  asker: Asker;
  expression: string;
  values: readonly string[];
  wantsGroups: boolean;
  resolve(verdicts: Verdicts | 'too_slow'): void;
}

/** Regular expressions of users, tried in a thread of their own, one asker after the other. */
export class Expressions {
  private readonly waiting: Job[] = [];
  private working: Job | null = null;
  private worker: Worker | null = null;
  private deadline: NodeJS.Timeout | undefined;

  /** Tries an expression on values, at least the first of them; `too_slow` when even that takes too long. */
  match(
    expression: string,
    values: readonly string[],
    asker: Asker,
    { wantsGroups = false } = {},
  ): Promise<Verdicts | 'too_slow'> {
    return new Promise((resolve) => {
      this.waiting.push({ asker, expression, values, wantsGroups, resolve });
      this.workOn();
    });
  }

  /** Ends the thread; what still waits for it is too slow. */
  close(): void {
    for (const { resolve } of this.waiting.splice(0)) resolve('too_slow');
    this.giveUp();
  }

  private workOn(): void {
    if (this.working) return;
    let job: Job | undefined;
    for (const other of this.waiting) if (!job || other.asker.matchingMs < job.asker.matchingMs) job = other;
    if (!job) return;
    this.waiting.splice(this.waiting.indexOf(job), 1);
    // Refused meanwhile.
    if (job.asker.matchingMs === Number.POSITIVE_INFINITY) {
      job.resolve('too_slow');
      this.workOn();
      return;
    }
    this.working = job;
    this.expectWithin(this.worker ? LONGEST_MS : START_MS);
    this.worker ??= this.start();
    const { expression, values, wantsGroups } = job;
    this.worker.postMessage({ expression, values, wantsGroups });
  }

  private expectWithin(ms: number): void {
    clearTimeout(this.deadline);
    this.deadline = setTimeout(() => this.giveUp(), ms);
  }

  private finish(answer: Verdicts | 'too_slow'): void {
    clearTimeout(this.deadline);
    this.working?.resolve(answer);
    this.working = null;
    this.workOn();
  }

  private giveUp(): void {
    const { worker } = this;
    this.worker = null;
    worker?.removeAllListeners();
    void worker?.terminate();
    this.finish('too_slow');
  }

  private start(): Worker {
    const worker = new Worker(PROGRAM, {
      eval: true,
      name: 'expressions',
      // None of our secrets is of use there.
      env: {},
      // Packages are found from where the server was started.
      workerData: join(process.cwd(), 'package.json'),
      resourceLimits: { maxOldGenerationSizeMb: MEMORY_MB },
    });
    worker.on('message', (message: 'ready' | Verdicts) => {
      if (message === 'ready') this.expectWithin(LONGEST_MS);
      else this.finish(message);
    });
    // Out of memory, mostly: an expression can be compiled into more than there is.
    worker.on('error', () => this.giveUp());
    // A process that has nothing else to do may end.
    worker.unref();
    return worker;
  }
}
