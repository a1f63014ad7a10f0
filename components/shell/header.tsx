import type { Route } from 'next';
import type { ReactNode } from 'react';
import { LiveBadge } from '../live/live-badge';
import { Link } from '../ui/link';
import { Nav } from './nav';
import { ThemeToggle } from './theme-toggle';

export interface HeaderProps {
  /** A visitor who is not signed in has no other page to go to. */
  mayLook: boolean;
  children?: ReactNode;
}

export function Header({ mayLook, children }: HeaderProps) {
  return (
    <header className="sticky top-0 z-30 border-b bg-surface">
      <div className="mx-auto flex h-12 max-w-[1680px] items-center gap-1 px-3 sm:gap-4 sm:px-5">
        <Link
          href={'/' as Route}
          className="flex shrink-0 items-center gap-2 rounded-md font-semibold tracking-tight"
        >
          <Mark />
          <span className="hidden sm:inline">Pulseboard</span>
          <span className="sr-only sm:hidden">Pulseboard</span>
        </Link>
        {mayLook && <Nav />}
        <div className="ml-auto flex min-w-0 items-center sm:gap-1">
          {mayLook && <LiveBadge />}
          <ThemeToggle />
          {children}
        </div>
      </div>
    </header>
  );
}

function Mark() {
  return (
    <svg viewBox="0 0 24 24" className="size-6 text-accent" aria-hidden focusable="false">
      <rect width="24" height="24" rx="6" fill="currentColor" />
      <path
        d="M3.5 13h4l2-6 4 11 2.5-7 1 2h3.5"
        fill="none"
        stroke="var(--accent-ink)"
        strokeWidth="1.8"
        strokeLinecap="round"
        strokeLinejoin="round"
      />
    </svg>
  );
}
