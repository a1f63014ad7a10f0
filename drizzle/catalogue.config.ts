import { defineConfig } from 'drizzle-kit';

/**
 * The catalogue of series: `npx drizzle-kit generate --config drizzle/catalogue.config.ts`. An engine's own SQL:
 * `--custom --out drizzle/postgres --name …`.
 */
export default defineConfig({
  dialect: 'postgresql',
  schema: './drizzle/schema.ts',
  out: './drizzle/catalogue',
});
