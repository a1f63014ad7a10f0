import { X } from 'lucide-react';
import { FURTHER, type Further } from './explorer-state';

export interface FurtherParametersProps {
  further: Further;
  onRemove(name: keyof Further): void;
}

/** Parameters of the address that have no control of their own: they are shown, and can be removed. */
export function FurtherParameters({ further, onRemove }: FurtherParametersProps) {
  const given = FURTHER.filter((name) => further[name] !== undefined);
  if (given.length === 0) return null;
  return (
    <ul className="flex flex-wrap items-center gap-1.5" aria-label="Further parameters">
      {given.map((name) => (
        <li
          key={name}
          className="flex h-8 max-w-full items-center gap-1 rounded-md border bg-sunken pl-2.5 text-sm text-ink-2"
        >
          <code className="truncate font-mono text-xs">
            {name}={further[name]}
          </code>
          <button
            type="button"
            aria-label={`Remove ${name}`}
            className="flex size-8 items-center justify-center rounded-md hover:text-ink"
            onClick={() => onRemove(name)}
          >
            <X aria-hidden className="size-3.5" />
          </button>
        </li>
      ))}
    </ul>
  );
}
