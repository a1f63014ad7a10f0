'use client';

import { Check, Copy } from 'lucide-react';
import { useEffect, useState } from 'react';
import { Button, type ButtonProps } from './button';

const CONFIRM_MS = 1_500;

export interface CopyButtonProps extends Omit<ButtonProps, 'onClick' | 'children'> {
  /** What is copied, or where to find it at the moment of the click. */
  text: string | (() => string);
  /** What the button says; with `iconOnly` it is its spoken name. */
  label: string;
  iconOnly?: boolean;
}

export function CopyButton({ text, label, iconOnly = false, ...button }: CopyButtonProps) {
  const [state, setState] = useState<'ready' | 'copied' | 'refused'>('ready');
  useEffect(() => {
    if (state === 'ready') return;
    const timer = setTimeout(() => setState('ready'), CONFIRM_MS);
    return () => clearTimeout(timer);
  }, [state]);
  const says = state === 'ready' ? label : state === 'copied' ? 'Copied' : 'Copying was refused';
  return (
    <Button
      aria-label={iconOnly ? says : undefined}
      onClick={() =>
        copy(typeof text === 'string' ? text : text()).then(
          () => setState('copied'),
          () => setState('refused'),
        )
      }
      {...button}
    >
      {state === 'copied' ? <Check aria-hidden /> : <Copy aria-hidden />}
      {!iconOnly && says}
      <span role="status" className="sr-only">
        {state === 'ready' ? '' : says}
      </span>
    </Button>
  );
}

/** Rejects when the browser does not allow copying. */
async function copy(text: string): Promise<void> {
  // `navigator.clipboard` exists on secure origins only, and a dashboard on a LAN is often plain HTTP.
  if (navigator.clipboard) return navigator.clipboard.writeText(text);
  const field = document.createElement('textarea');
  field.value = text;
  field.style.position = 'fixed';
  document.body.append(field);
  field.select();
  const done = document.execCommand('copy');
  field.remove();
  if (!done) throw new Error('The browser refused to copy.');
}
