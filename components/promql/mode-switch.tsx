import type { Route } from 'next';
import { cn } from '../ui/cn';
import { Link } from '../ui/link';

export interface ModeSwitchProps {
  mode: 'builder' | 'promql';
  /** Where the same is asked the other way. */
  builder: Route;
  promql: Route;
}

/** The two ways to say what is shown: controls, or an expression. */
export function ModeSwitch({ mode, builder, promql }: ModeSwitchProps) {
  const item = (own: ModeSwitchProps['mode'], href: Route, label: string) => (
    <Link
      href={href}
      aria-current={mode === own ? 'page' : undefined}
      className={cn(
        'inline-flex items-center rounded px-2 text-xs font-medium transition-colors',
        mode === own ? 'bg-accent-soft text-accent' : 'text-ink-3 hover:text-ink',
      )}
    >
      {label}
    </Link>
  );
  return (
    <nav aria-label="Ask with" className="inline-flex h-8 items-stretch rounded-md border bg-surface p-0.5">
      {item('builder', builder, 'Builder')}
      {item('promql', promql, 'PromQL')}
    </nav>
  );
}
