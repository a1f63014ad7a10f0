import { z } from 'zod';
import { parseDuration } from '../model/time/duration';

/** What configurations in Prometheus' form say about a server that is asked or sent to. */

/** `1m30s`, `15s`, `500ms`, as Prometheus writes durations; in ms. */
export const duration = z.coerce.string().transform((text, context) => {
  const parts = text.match(/\d+(?:ms|[smhdwy])/g) ?? [];
  const ms = parts.map((part) => parseDuration(part));
  if (parts.length > 0 && parts.join('') === text && ms.every((part) => part !== null && part > 0))
    return ms.reduce<number>((sum, part) => sum + (part ?? 0), 0);
  context.addIssue('a duration such as 15s, 1m30s or 500ms');
  return z.NEVER;
});

export const basicAuth = z
  .strictObject({
    username: z.string(),
    password: z.string().optional(),
    password_file: z.string().optional(),
  })
  .optional();

export const authorization = z
  .strictObject({
    type: z.string().default('Bearer'),
    credentials: z.string().optional(),
    credentials_file: z.string().optional(),
  })
  .optional();

export const tlsConfig = z
  .strictObject({
    ca_file: z.string().optional(),
    server_name: z.string().optional(),
    insecure_skip_verify: z.boolean().default(false),
  })
  .optional();

interface Authenticated {
  basic_auth?: z.output<typeof basicAuth>;
  authorization?: z.output<typeof authorization>;
}

/** The value of the `Authorization` header, null without one. @param read a file's text, trimmed */
export async function credentialsOf(
  { basic_auth: basic, authorization: other }: Authenticated,
  read: (file: string | undefined) => Promise<string | undefined>,
): Promise<string | null> {
  if (basic) {
    const password = basic.password ?? (await read(basic.password_file)) ?? '';
    return `Basic ${Buffer.from(`${basic.username}:${password}`).toString('base64')}`;
  }
  if (!other) return null;
  return `${other.type} ${other.credentials ?? (await read(other.credentials_file)) ?? ''}`;
}
