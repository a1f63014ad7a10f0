'use client';

import { PageHeader } from '@/components/shell/page-header';
import { Button } from '@/components/ui/button';

/** A page that could not be made. The server has logged why; `digest` finds the entry. */
export default function PageError({ error, retry }: { error: unknown; retry: () => void }) {
  const digest = error instanceof Error && 'digest' in error ? String(error.digest) : null;
  return (
    <div className="flex max-w-2xl flex-col items-start gap-4 py-6" role="alert">
      <PageHeader
        title="This page could not be made"
        note="The server may be starting, or its database away. Its log says more."
      />
      {digest && (
        <p className="text-sm text-ink-3">
          In the log as <code className="font-mono text-ink-2">{digest}</code>
        </p>
      )}
      <Button look="primary" onClick={() => retry()}>
        Try again
      </Button>
    </div>
  );
}
