'use client';

import type { Route } from 'next';
import { usePathname, useRouter, useSearchParams } from 'next/navigation';
import { useTransition } from 'react';

export type UrlChange = Record<string, string | null>;

export interface UrlState {
  get(name: string): string | null;
  /** The page's address with `change` made; null takes a parameter away. */
  href(change: UrlChange): Route;
  /** Goes there, with an entry in the history. */
  push(change: UrlChange): void;
  /** Goes there in place of where we are. */
  replace(change: UrlChange): void;
  /** The server is working on the change; what is shown is still the old. */
  pending: boolean;
}

/** The URL is the state of a page: reads it and changes it. */
export function useUrlState(): UrlState {
  const router = useRouter();
  const path = usePathname();
  const params = useSearchParams();
  const [pending, startTransition] = useTransition();
  const href = (change: UrlChange) => {
    const next = new URLSearchParams(params);
    for (const [name, value] of Object.entries(change)) {
      if (value === null || value === '') next.delete(name);
      else next.set(name, value);
    }
    const text = next.toString();
    return `${path}${text && `?${text}`}` as Route;
  };
  return {
    get: (name) => params.get(name),
    href,
    push: (change) => startTransition(() => router.push(href(change), { scroll: false })),
    replace: (change) => startTransition(() => router.replace(href(change), { scroll: false })),
    pending,
  };
}
