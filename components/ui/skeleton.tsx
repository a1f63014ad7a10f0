import type { ComponentProps } from 'react';
import { cn } from './cn';

/** Holds the place of what is still being read; give it the final size. */
export function Skeleton({ className, ...props }: ComponentProps<'div'>) {
  return (
    <div aria-hidden className={cn('motion-safe:animate-pulse rounded bg-sunken', className)} {...props} />
  );
}
