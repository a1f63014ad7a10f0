'use client';

import { Check, ChevronDown } from 'lucide-react';
import { Select as Radix } from 'radix-ui';
import { cn } from './cn';

export interface SelectOption {
  value: string;
  label: string;
  /** A few words below the label. */
  hint?: string;
}

export interface SelectProps {
  /** What is chosen here, for assistive technology and, with `showLabel`, for the eye. */
  label: string;
  showLabel?: boolean;
  value: string;
  options: readonly SelectOption[];
  onValueChange(value: string): void;
  className?: string;
}

export function Select({ label, showLabel = false, value, options, onValueChange, className }: SelectProps) {
  return (
    <Radix.Root value={value} onValueChange={onValueChange}>
      <Radix.Trigger
        aria-label={label}
        className={cn(
          'inline-flex h-8 items-center gap-1.5 rounded-md border bg-surface px-2.5 text-sm text-ink hover:bg-sunken',
          className,
        )}
      >
        {showLabel && <span className="text-ink-3">{label}</span>}
        <span className="truncate font-medium">
          <Radix.Value />
        </span>
        <Radix.Icon asChild>
          <ChevronDown className="ml-auto size-3.5 text-ink-3" aria-hidden />
        </Radix.Icon>
      </Radix.Trigger>
      <Radix.Portal>
        <Radix.Content
          position="popper"
          sideOffset={4}
          collisionPadding={8}
          className="z-50 max-h-(--radix-select-content-available-height) min-w-(--radix-select-trigger-width) overflow-hidden rounded-lg border bg-raised p-1 text-sm text-ink shadow-pop"
        >
          <Radix.Viewport>
            {options.map((option) => (
              <Radix.Item
                key={option.value}
                value={option.value}
                className="relative flex cursor-default flex-col rounded py-1 pr-3 pl-7 outline-none select-none data-[highlighted]:bg-sunken"
              >
                <Radix.ItemIndicator className="absolute top-1.5 left-1.5">
                  <Check className="size-4 text-accent" aria-hidden />
                </Radix.ItemIndicator>
                <Radix.ItemText>{option.label}</Radix.ItemText>
                {option.hint && <span className="text-xs text-ink-3">{option.hint}</span>}
              </Radix.Item>
            ))}
          </Radix.Viewport>
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}
