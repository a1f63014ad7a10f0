'use client';

import type { Route } from 'next';
import { usePathname, useRouter, useSearchParams } from 'next/navigation';
import { useOptimistic, useTransition } from 'react';

export type UrlChange = Record<string, string | null>;

export interface UrlState {
  /** Of the page's address; of the new one as soon as a change begins, so that controls show it at once. */
  params: URLSearchParams;
  /** The page's address after `change`; null removes a parameter. */
  href(change: UrlChange): Route;
  /** Goes there, with an entry in the history. */
  push(change: UrlChange): void;
  /** Goes there, in place of the current entry of the history. */
  replace(change: UrlChange): void;
  /** The server has not answered the change yet: the page still shows the state before. */
  pending: boolean;
}

/** The URL is the state of a page: reads it and changes it. */
export function useUrlState(): UrlState {
  const router = useRouter();
  const path = usePathname();
  const [params, anticipate] = useOptimistic<URLSearchParams>(useSearchParams());
  const [pending, startTransition] = useTransition();
  const hrefOf = (next: URLSearchParams) => {
    const text = next.toString();
    return `${path}${text && `?${text}`}` as Route;
  };
  const go = (how: 'push' | 'replace', change: UrlChange) =>
    startTransition(() => {
      const next = changed(params, change);
      anticipate(next);
      router[how](hrefOf(next), { scroll: false });
    });
  return {
    params,
    href: (change) => hrefOf(changed(params, change)),
    push: (change) => go('push', change),
    replace: (change) => go('replace', change),
    pending,
  };
}

function changed(params: URLSearchParams, change: UrlChange): URLSearchParams {
  const next = new URLSearchParams(params);
  for (const [name, value] of Object.entries(change)) {
    if (value === null || value === '') next.delete(name);
    else next.set(name, value);
  }
  return next;
}
