import { defineConfig } from 'drizzle-kit';

/** For `npx drizzle-kit generate`. An engine's own SQL: `--custom --out drizzle/postgres --name …`. */
export default defineConfig({
  dialect: 'postgresql',
  schema: './drizzle/schema.ts',
  out: './drizzle/catalogue',
});
