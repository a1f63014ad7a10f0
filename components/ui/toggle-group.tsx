'use client';

import { ToggleGroup as Radix } from 'radix-ui';
import type { ReactNode } from 'react';
import { cn } from './cn';

export interface ToggleOption<V extends string> {
  value: V;
  label: ReactNode;
  /** Spoken name, where the label is an icon or an abbreviation. */
  name?: string;
}

export interface ToggleGroupProps<V extends string> {
  label: string;
  /** The chosen option; `null` when none is. */
  value: V | null;
  options: readonly ToggleOption<V>[];
  onValueChange(value: V): void;
  className?: string;
}

/** One of a few choices, all in view. Arrow keys move, Space or Enter chooses. */
export function ToggleGroup<V extends string>({
  label,
  value,
  options,
  onValueChange,
  className,
}: ToggleGroupProps<V>) {
  return (
    <Radix.Root
      type="single"
      aria-label={label}
      value={value ?? ''}
      // An empty value means that the chosen one was pressed again: it stays chosen.
      onValueChange={(next) => next && onValueChange(next as V)}
      className={cn('inline-flex h-8 items-stretch rounded-md border bg-surface p-0.5', className)}
    >
      {options.map((option) => (
        <Radix.Item
          key={option.value}
          value={option.value}
          aria-label={option.name}
          className="inline-flex items-center rounded px-2 text-xs font-medium text-ink-3 transition-colors hover:text-ink data-[state=on]:bg-accent-soft data-[state=on]:text-accent [&_svg]:size-4"
        >
          {option.label}
        </Radix.Item>
      ))}
    </Radix.Root>
  );
}
