'use client';

import type { Route } from 'next';
import { usePathname } from 'next/navigation';
import { cn } from '../ui/cn';
import { Link } from '../ui/link';

const PLACES = [
  { href: '/' as Route, label: 'Fleet', exact: true },
  { href: '/hosts' as Route, label: 'Hosts', exact: false },
  { href: '/metrics' as Route, label: 'Metrics', exact: false, also: '/promql' },
  { href: '/events' as Route, label: 'Events', exact: false },
  { href: '/status' as Route, label: 'Status', exact: false },
  // A phone's header has room for the others; there empty pages and the status page lead to it.
  { href: '/connect' as Route, label: 'Connect', exact: false, className: 'max-sm:hidden' },
];

export function Nav() {
  const path = usePathname();
  return (
    <nav aria-label="Main" className="flex shrink-0 items-center sm:gap-0.5">
      {PLACES.map(({ href, label, exact, also, className }) => {
        const here = exact ? path === href : path.startsWith(href) || path === also;
        return (
          <Link
            key={href}
            href={href}
            aria-current={here ? (path === href ? 'page' : 'true') : undefined}
            className={cn(
              'rounded-md px-1 py-1.5 text-xs font-medium transition-colors sm:px-2.5 sm:text-sm',
              here ? 'bg-sunken text-ink' : 'text-ink-3 hover:text-ink',
              className,
            )}
          >
            {label}
          </Link>
        );
      })}
    </nav>
  );
}
