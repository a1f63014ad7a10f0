import type { Metadata } from 'next';
import { Button } from '@/components/ui/button';
import { Input } from '@/components/ui/input';
import { safePath } from '@/lib/api/login';

export const metadata: Metadata = { title: 'Sign in' };

/** A plain form: it works before any script has loaded, and without. */
export default async function LoginPage({ searchParams }: PageProps<'/login'>) {
  const { next, wrong } = await searchParams;
  return (
    <form
      method="post"
      action="/api/login"
      className="mx-auto mt-16 flex max-w-xs flex-col gap-3 rounded-lg border bg-surface p-5"
    >
      <h1 className="text-lg font-semibold tracking-tight">Sign in</h1>
      <label htmlFor="password" className="flex flex-col gap-1 text-sm text-ink-2">
        Password
        <Input
          id="password"
          type="password"
          name="password"
          autoComplete="current-password"
          required
          autoFocus
          aria-invalid={wrong ? true : undefined}
          aria-describedby={wrong ? 'wrong' : undefined}
        />
      </label>
      {wrong && (
        <p id="wrong" role="alert" className="text-sm text-ink">
          That is not the password.
        </p>
      )}
      <input type="hidden" name="next" value={safePath(typeof next === 'string' ? next : null)} />
      <Button type="submit" look="primary">
        Sign in
      </Button>
    </form>
  );
}
