'use client';

import { Search, X } from 'lucide-react';
import { useState } from 'react';
import { formatDateTime } from '@/lib/model/format-time';
import type { UrlState } from '../shell/use-url-state';
import { Input } from '../ui/input';
import { Select } from '../ui/select';
import { FILTERS, type Filter, LEVEL_CHOICES, TIME_CHOICES, timeText } from './filters';

/** The filters. A form like any other where there is no script. */
export function EventsToolbar({ url, services }: { url: UrlState; services: readonly string[] }) {
  const { params, push } = url;
  const change = (name: Filter, value: string) =>
    push({ [name]: value === 'any' ? null : value, before: null, ...(name === 'from' && { to: null }) });
  return (
    <search>
      <form
        action="/events"
        className="flex flex-wrap items-center gap-2"
        onSubmit={(event) => {
          event.preventDefault();
          const form = new FormData(event.currentTarget);
          push({ q: text(form, 'q'), service: text(form, 'service'), before: null });
        }}
      >
        <div className="relative w-full sm:w-72">
          <Search aria-hidden className="pointer-events-none absolute top-2 left-2.5 size-4 text-ink-3" />
          <Field name="q" value={params.get('q') ?? ''} label="Search events" className="w-full pl-8" />
        </div>
        <Field
          name="service"
          value={params.get('service') ?? ''}
          label="Service"
          list="services"
          className="w-40"
        />
        <datalist id="services">
          {services.map((service) => (
            <option key={service} value={service} />
          ))}
        </datalist>
        <Select
          label="Level"
          value={params.get('level') || 'any'}
          options={withCurrent(LEVEL_CHOICES, params.get('level'))}
          onValueChange={(level) => change('level', level)}
        />
        <Select
          label="Time"
          value={params.get('to') ? 'range' : params.get('from') || 'any'}
          options={
            params.get('to') ? [RANGE, ...TIME_CHOICES] : withCurrent(TIME_CHOICES, params.get('from'))
          }
          onValueChange={(from) => from !== RANGE.value && change('from', from)}
        />
        <button type="submit" className="sr-only focus:not-sr-only">
          Search
        </button>
      </form>
      <Chosen url={url} />
    </search>
  );
}

const RANGE = { value: 'range', label: 'A range' };

function text(form: FormData, name: string): string | null {
  return String(form.get(name) ?? '').trim() || null;
}

/** A text field that follows the address. */
function Field({
  value,
  label,
  ...props
}: {
  name: string;
  value: string;
  label: string;
  list?: string;
  className: string;
}) {
  const [given, setGiven] = useState(value);
  const [known, setKnown] = useState(value);
  if (known !== value) {
    setKnown(value);
    setGiven(value);
  }
  return (
    <Input
      {...props}
      type="search"
      aria-label={label}
      placeholder={label}
      value={given}
      onChange={(event) => setGiven(event.target.value)}
    />
  );
}

/** Every filter there is, each with a button that removes it. */
function Chosen({ url: { params, push } }: { url: UrlState }) {
  const chosen = FILTERS.filter((name) => params.get(name));
  if (chosen.length === 0) return null;
  return (
    <ul aria-label="Filters" className="mt-2 flex flex-wrap gap-1.5">
      {chosen.map((name) => {
        const value = timeText(params.get(name) ?? '', formatDateTime);
        return (
          <li key={name}>
            <button
              type="button"
              aria-label={`Remove the filter ${name}`}
              onClick={() => push({ [name]: null, before: null })}
              className="inline-flex min-h-6 max-w-80 items-center gap-1 rounded-md bg-accent-soft pr-1 pl-2 text-xs text-accent hover:opacity-80"
            >
              <span className="truncate" suppressHydrationWarning>
                {name === 'q' ? `“${value}”` : `${name}: ${value}`}
              </span>
              <X aria-hidden className="size-3.5 shrink-0" />
            </button>
          </li>
        );
      })}
    </ul>
  );
}

function withCurrent(options: ReadonlyArray<{ value: string; label: string }>, value: string | null) {
  if (!value || options.some((option) => option.value === value)) return options;
  return [{ value, label: value }, ...options];
}
