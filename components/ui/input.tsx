import type { ComponentProps } from 'react';
import { cn } from './cn';

export const inputStyle =
  'h-8 min-w-0 rounded-md border border-line-strong/60 bg-surface px-2.5 text-sm text-ink placeholder:text-ink-3 disabled:opacity-50';

export function Input({ className, ...props }: ComponentProps<'input'>) {
  return <input className={cn(inputStyle, className)} {...props} />;
}
