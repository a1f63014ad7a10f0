import { defineConfig } from 'drizzle-kit';

/**
 * The records: `npx drizzle-kit generate --name …` after a change of their tables. Samples:
 * `drizzle/catalogue.config.ts`.
 */
export default defineConfig({
  dialect: 'postgresql',
  schema: './lib/records/!(*.test).ts',
  out: './drizzle/records',
});
