import type { ISql, Sql } from 'postgres';
import type { Endpoint } from './endpoint';
import { CallTimeout, ConnectionLost, type Lane } from './lane';
import { LIMIT_MS } from './limits';
import type { ReadOptions } from './store';

export interface ReaderOptions extends ReadOptions {
  /** Whether it is known to have much to read. */
  isHeavy?: boolean;
}

interface ReadersParts {
  endpoint: Endpoint;
  light: Lane;
  heavy: Lane;
  parameters: Record<string, string | number>;
}

/**
 * Questions, on two lanes: a question for a point must not wait for questions about months. A question that is known to
 * be heavy goes to the heavy lane; one that turns out to be heavy starts again there.
 */
export class Readers {
  constructor(private readonly parts: ReadersParts) {}

  /** Does `work`, which only reads and may run twice. @throws what `Lane.run` throws. */
  async run<T>(work: (sql: ISql) => Promise<T>, options: ReaderOptions = {}): Promise<T> {
    const endAt = Math.min(performance.now() + LIMIT_MS.read, options.dueAt ?? Number.POSITIVE_INFINITY);
    try {
      return await this.ask(work, endAt, options);
    } catch (error) {
      if (!(error instanceof ConnectionLost)) throw error;
      return this.ask(work, endAt, options);
    }
  }

  private async ask<T>(
    work: (sql: ISql) => Promise<T>,
    endAt: number,
    { isHeavy = false, signal }: ReaderOptions,
  ): Promise<T> {
    const { light, heavy } = this.parts;
    const tuned = (sql: Sql) => this.tune(sql, work);
    if (!isHeavy) {
      try {
        const limitMs = Math.min(LIMIT_MS.light, endAt - performance.now());
        return await light.run(tuned, { limitMs, signal });
      } catch (error) {
        if (!(error instanceof CallTimeout)) throw error;
      }
    }
    return heavy.run(tuned, { limitMs: endAt - performance.now(), signal });
  }

  /** Through a pooler, settings are made for one transaction only: its connections serve other clients, too. */
  private tune<T>(sql: Sql, work: (sql: ISql) => Promise<T>): Promise<T> {
    const { endpoint, parameters } = this.parts;
    if (endpoint.takesSettings) return work(sql);
    return sql.begin(async (tx) => {
      await tx`select set_config(key, value, true) from json_each_text(${JSON.stringify(parameters)}::text::json)`;
      return work(tx);
    }) as Promise<T>;
  }
}
