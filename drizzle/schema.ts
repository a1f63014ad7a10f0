import {
  doublePrecision,
  index,
  integer,
  jsonb,
  pgTable,
  primaryKey,
  text,
  timestamp,
  uuid,
} from 'drizzle-orm/pg-core';

/**
 * What both engines share of samples: the catalogue of series. The tables of samples and rollups are partitioned, which
 * drizzle-kit cannot express; their SQL is written by hand in the folder of the engine they belong to.
 */
export const metrics = pgTable('metrics', {
  id: integer().primaryKey().generatedAlwaysAsIdentity(),
  name: text().notNull().unique(),
  type: text().notNull().default('gauge'),
  unit: text().notNull().default(''),
});

export const series = pgTable(
  'series',
  {
    id: integer().primaryKey().generatedAlwaysAsIdentity(),
    metricId: integer('metric_id')
      .notNull()
      .references(() => metrics.id),
    labels: jsonb().$type<Record<string, string>>().notNull(),
    /** 128 bits of the SHA-256 of the canonical text of metric and labels: those outgrow an index row. */
    digest: uuid().notNull().unique(),
    createdAt: timestamp('created_at', { withTimezone: true }).notNull().defaultNow(),
    /** Of the newest sample, as far as it has been recorded. */
    lastSeen: timestamp('last_seen', { withTimezone: true }),
  },
  (table) => [index('series_metric_id').on(table.metricId)],
);

/** Metrics that have samples beyond ±1e299: what is asked of them is added up with more care. */
export const hugeMetrics = pgTable('huge_metrics', { metricId: integer('metric_id').primaryKey() });

/**
 * What rows of the rollups come to where a float64 may not hold it, scaled down by 2^64. In the row itself stands what
 * no sample is: infinity, or NaN.
 */
export const rollupHuge = pgTable(
  'rollup_huge',
  {
    tier: text().notNull(),
    seriesId: integer('series_id').notNull(),
    ts: timestamp({ withTimezone: true }).notNull(),
    sum: doublePrecision().notNull(),
    increase: doublePrecision().notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.seriesId, table.tier, table.ts] }),
    index('rollup_huge_ts').on(table.tier, table.ts),
  ],
);
