import { cva, type VariantProps } from 'class-variance-authority';
import { Slot } from 'radix-ui';
import type { ComponentProps } from 'react';
import { cn } from './cn';

const buttonStyle = cva(
  [
    'inline-flex shrink-0 items-center justify-center gap-1.5 rounded-md font-medium whitespace-nowrap transition-colors',
    'disabled:pointer-events-none disabled:opacity-50 [&_svg]:size-4 [&_svg]:shrink-0',
  ],
  {
    variants: {
      look: {
        plain: 'border bg-surface text-ink-2 hover:bg-sunken hover:text-ink',
        primary: 'bg-accent text-accent-ink hover:opacity-90',
        ghost: 'text-ink-2 hover:bg-sunken hover:text-ink',
      },
      size: {
        sm: 'h-7 px-2 text-xs',
        md: 'h-8 px-3 text-sm',
        icon: 'size-8',
        iconSm: 'size-7',
      },
    },
    defaultVariants: { look: 'plain', size: 'md' },
  },
);

export interface ButtonProps extends ComponentProps<'button'>, VariantProps<typeof buttonStyle> {
  /** Gives the looks to the single child (a link, say) instead of rendering a button. */
  asChild?: boolean;
}

export function Button({ asChild, look, size, className, ...props }: ButtonProps) {
  const Tag = asChild ? Slot.Root : 'button';
  return (
    <Tag
      {...(asChild ? {} : { type: 'button' })}
      className={cn(buttonStyle({ look, size }), className)}
      {...props}
    />
  );
}
