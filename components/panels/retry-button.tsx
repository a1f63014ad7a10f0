'use client';

import { RotateCw } from 'lucide-react';
import { useRouter } from 'next/navigation';
import { useTransition } from 'react';
import { Button } from '../ui/button';

/** Asks the server for the page's data again. */
export function RetryButton() {
  const router = useRouter();
  const [pending, startTransition] = useTransition();
  return (
    <Button size="sm" disabled={pending} onClick={() => startTransition(() => router.refresh())}>
      <RotateCw aria-hidden className={pending ? 'motion-safe:animate-spin' : undefined} />
      Try again
    </Button>
  );
}
