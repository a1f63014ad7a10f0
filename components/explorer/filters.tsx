'use client';

import { ListFilter, Plus, X } from 'lucide-react';
import { type FormEvent, useId, useState } from 'react';
import type { Matcher, MatchOperator } from '@/lib/model/labels';
import { formatSelector } from '@/lib/model/selector';
import { Button } from '../ui/button';
import { Input, inputStyle } from '../ui/input';
import { Popover, PopoverContent, PopoverTrigger } from '../ui/popover';
import { useLabelValues } from './use-label-values';

const OPERATORS: ReadonlyArray<{ value: MatchOperator; label: string }> = [
  { value: '=', label: 'is' },
  { value: '!=', label: 'is not' },
  { value: '=~', label: 'matches' },
  { value: '!~', label: 'does not match' },
];

export interface FiltersProps {
  metric: string;
  labels: readonly string[];
  matchers: readonly Matcher[];
  onChange(matchers: Matcher[]): void;
}

/** Label filters: a series must match all of them. */
export function Filters({ metric, labels, matchers, onChange }: FiltersProps) {
  return (
    <ul className="flex flex-wrap items-center gap-1.5" aria-label="Filters">
      {matchers.map((matcher, at) => {
        const text = formatSelector([matcher]).slice(1, -1);
        return (
          <li
            key={text}
            className="flex h-8 max-w-full items-center gap-1 rounded-md border bg-accent-soft pl-2.5 text-sm text-accent"
          >
            <code className="truncate font-mono text-xs">{text}</code>
            <button
              type="button"
              aria-label={`Remove filter ${text}`}
              className="flex size-8 items-center justify-center rounded-md hover:bg-sunken"
              onClick={() => onChange(matchers.filter((_, i) => i !== at))}
            >
              <X aria-hidden className="size-3.5" />
            </button>
          </li>
        );
      })}
      <li>
        <AddFilter metric={metric} labels={labels} matchers={matchers} onChange={onChange} />
      </li>
    </ul>
  );
}

function AddFilter({ metric, labels, matchers, onChange }: FiltersProps) {
  const [open, setOpen] = useState(false);
  return (
    <Popover open={open} onOpenChange={setOpen}>
      <PopoverTrigger asChild>
        <Button>
          {matchers.length === 0 ? <ListFilter aria-hidden /> : <Plus aria-hidden />}
          {matchers.length === 0 ? 'Filter' : 'Add'}
        </Button>
      </PopoverTrigger>
      <PopoverContent aria-label="Add a filter" className="w-80">
        <FilterForm
          metric={metric}
          labels={labels}
          matchers={matchers}
          onChange={(next) => {
            setOpen(false);
            onChange(next);
          }}
        />
      </PopoverContent>
    </Popover>
  );
}

function FilterForm({ metric, labels, matchers, onChange }: FiltersProps) {
  const ids = { label: useId(), operator: useId(), value: useId() };
  const [label, setLabel] = useState(labels[0] ?? '');
  const [operator, setOperator] = useState<MatchOperator>('=');
  const [value, setValue] = useState('');
  const { values, more } = useLabelValues(metric, label, matchers, value);

  function submit(event: FormEvent): void {
    event.preventDefault();
    if (label) onChange([...matchers, { label, operator, value }]);
  }

  return (
    <form onSubmit={submit} className="flex flex-col gap-2.5">
      <div className="grid grid-cols-[1fr_auto] gap-2">
        <label htmlFor={ids.label} className="flex flex-col gap-1 text-xs font-medium text-ink-2">
          Label
          <select
            id={ids.label}
            className={inputStyle}
            value={label}
            onChange={(event) => setLabel(event.target.value)}
          >
            {labels.map((name) => (
              <option key={name}>{name}</option>
            ))}
          </select>
        </label>
        <label htmlFor={ids.operator} className="flex flex-col gap-1 text-xs font-medium text-ink-2">
          Condition
          <select
            id={ids.operator}
            className={inputStyle}
            value={operator}
            onChange={(event) => setOperator(event.target.value as MatchOperator)}
          >
            {OPERATORS.map((option) => (
              <option key={option.value} value={option.value}>
                {option.label}
              </option>
            ))}
          </select>
        </label>
      </div>
      <label htmlFor={ids.value} className="flex flex-col gap-1 text-xs font-medium text-ink-2">
        {operator.endsWith('~') ? 'Regular expression (RE2, the whole value)' : 'Value'}
        <Input
          id={ids.value}
          value={value}
          autoComplete="off"
          spellCheck={false}
          onChange={(event) => setValue(event.target.value)}
        />
      </label>
      {values.length > 0 && (
        <ul aria-label={`Values of ${label}`} className="flex max-h-40 flex-wrap gap-1 overflow-y-auto">
          {values.slice(0, 40).map((known) => (
            <li key={known} className="max-w-full">
              <button
                type="button"
                className="max-w-full truncate rounded bg-sunken px-1.5 py-0.5 text-xs text-ink-2 hover:bg-accent-soft hover:text-accent"
                onClick={() => setValue(operator.endsWith('~') && value ? `${value}|${known}` : known)}
              >
                {known || '(empty)'}
              </button>
            </li>
          ))}
          {more && <li className="px-1.5 py-0.5 text-xs text-ink-3">and more: type to narrow</li>}
        </ul>
      )}
      <Button look="primary" type="submit" disabled={!label}>
        Add filter
      </Button>
    </form>
  );
}
