'use client';

import { Popover as Radix } from 'radix-ui';
import type { ComponentProps } from 'react';
import { cn } from './cn';

export const Popover = Radix.Root;
export const PopoverTrigger = Radix.Trigger;

export interface PopoverContentProps extends ComponentProps<typeof Radix.Content> {
  /** What the popover is for: it is a dialog to assistive technology, and a dialog needs a name. */
  'aria-label': string;
}

export function PopoverContent({ className, ...props }: PopoverContentProps) {
  return (
    <Radix.Portal>
      <Radix.Content
        align="start"
        sideOffset={6}
        collisionPadding={8}
        className={cn(
          'z-50 max-h-(--radix-popover-content-available-height) max-w-[calc(100vw-1rem)] overflow-y-auto rounded-lg border bg-raised p-3 text-sm text-ink shadow-pop',
          className,
        )}
        {...props}
      />
    </Radix.Portal>
  );
}
