'use client';

import { useRouter } from 'next/navigation';
import { useEffect, useRef } from 'react';

/** Has the server render the page again when `now` differs from what it was rendered with; once per change. */
export function useRefreshOnChange(madeOf: string, now: string): void {
  const router = useRouter();
  const asked = useRef(madeOf);
  useEffect(() => {
    if (now === madeOf) asked.current = madeOf;
    else if (now !== asked.current) {
      asked.current = now;
      router.refresh();
    }
  }, [madeOf, now, router]);
}
