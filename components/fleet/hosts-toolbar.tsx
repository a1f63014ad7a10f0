'use client';

import { Search, X } from 'lucide-react';
import { type RefObject, useEffect, useRef, useState } from 'react';
import type { HostsPage } from '@/lib/model/fleet/answers';
import { headline } from '@/lib/model/fleet/headlines';
import { type HostsQuery, listedValues, type SortKey } from '@/lib/model/fleet/hosts-query';
import { HOST_STATUSES, type HostStatus } from '@/lib/model/fleet/status';
import { formatCount } from '@/lib/model/format';
import type { Matcher } from '@/lib/model/labels';
import { cn } from '../ui/cn';
import { Input } from '../ui/input';
import { Select } from '../ui/select';
import { LabelFilter } from './label-filter';
import { STATUS_LOOKS, StatusMark } from './status-mark';

export interface HostsToolbarProps {
  query: HostsQuery;
  page: HostsPage;
  /** `replace` while typing; `push` adds a choice to the browser's history. */
  onChange(change: Partial<HostsQuery>, how: 'push' | 'replace'): void;
}

/** The filters of the list. */
export function HostsToolbar({ query, page, onChange }: HostsToolbarProps) {
  return (
    <div className="flex flex-col gap-2">
      <div className="flex flex-wrap items-center gap-2">
        <SearchBox search={query.search} onSearch={(search) => onChange({ search }, 'replace')} />
        <StatusTabs
          chosen={query.statuses}
          page={page}
          onChoose={(statuses) => onChange({ statuses }, 'push')}
        />
        <LabelFilter matchers={query.matchers} onChange={(matchers) => onChange({ matchers }, 'push')} />
        <div className="md:hidden">
          <Select
            label="Sort by"
            showLabel
            value={`${query.descending ? '-' : ''}${query.sort}`}
            options={sortOptions(page, query.sort)}
            onValueChange={(value) =>
              onChange(
                { sort: value.replace(/^-/, '') as SortKey, descending: value.startsWith('-') },
                'push',
              )
            }
          />
        </div>
      </div>
      <Chosen matchers={query.matchers} onChange={(matchers) => onChange({ matchers }, 'push')} />
    </div>
  );
}

function SearchBox({ search, onSearch }: { search: string; onSearch(search: string): void }) {
  const input = useRef<HTMLInputElement>(null);
  const [text, setText] = useState(search);
  // The address was changed elsewhere (back, a link): the box follows.
  const [known, setKnown] = useState(search);
  if (known !== search) {
    setKnown(search);
    if (text.trim() !== search) setText(search);
  }
  useSlashKey(input);
  return (
    <search className="relative w-full sm:w-64">
      <Search aria-hidden className="pointer-events-none absolute top-2 left-2.5 size-4 text-ink-3" />
      <Input
        ref={input}
        type="search"
        aria-label="Search hosts by name"
        placeholder="Search hosts"
        value={text}
        onChange={(event) => {
          setText(event.target.value);
          onSearch(event.target.value.trim());
        }}
        className="w-full pr-8 pl-8"
      />
      <kbd
        aria-hidden
        className="pointer-events-none absolute top-1.5 right-2 rounded border px-1.5 font-mono text-xs text-ink-3 max-sm:hidden"
      >
        /
      </kbd>
    </search>
  );
}

/** `/` focuses the search box. */
function useSlashKey(input: RefObject<HTMLInputElement | null>): void {
  useEffect(() => {
    function onKeyDown(event: KeyboardEvent): void {
      const typing =
        event.target instanceof HTMLElement && event.target.closest('input, textarea, [contenteditable]');
      if (event.key !== '/' || typing || event.ctrlKey || event.metaKey || event.altKey) return;
      event.preventDefault();
      input.current?.focus();
      input.current?.select();
    }
    document.addEventListener('keydown', onKeyDown);
    return () => document.removeEventListener('keydown', onKeyDown);
  }, [input]);
}

function StatusTabs({
  chosen,
  page: { counts },
  onChoose,
}: {
  chosen: readonly HostStatus[];
  page: HostsPage;
  onChoose(statuses: HostStatus[]): void;
}) {
  const all = counts.reporting + counts.late + counts.gone;
  return (
    <fieldset className="flex h-8 items-stretch rounded-md border bg-surface p-0.5 text-xs font-medium">
      <legend className="sr-only">Status</legend>
      <Tab on={chosen.length === 0} onPress={() => onChoose([])}>
        All <Count of={all} />
      </Tab>
      {HOST_STATUSES.map((status) => (
        <Tab
          key={status}
          on={chosen.includes(status)}
          onPress={(adding) => onChoose(toggled(chosen, status, adding))}
        >
          <StatusMark status={status} silent className="size-2" />
          <span className="max-sm:sr-only">{STATUS_LOOKS[status].word}</span> <Count of={counts[status]} />
        </Tab>
      ))}
    </fieldset>
  );
}

function Tab({
  on,
  onPress,
  children,
}: {
  on: boolean;
  onPress(adding: boolean): void;
  children: React.ReactNode;
}) {
  return (
    <button
      type="button"
      aria-pressed={on}
      title="With Ctrl or ⌘: as well as the others"
      onClick={(event) => onPress(event.ctrlKey || event.metaKey)}
      className={cn(
        'inline-flex items-center gap-1.5 rounded px-2 transition-colors',
        on ? 'bg-accent-soft text-accent' : 'text-ink-3 hover:text-ink',
      )}
    >
      {children}
    </button>
  );
}

function Count({ of }: { of: number }) {
  return <span className="font-normal">{formatCount(of)}</span>;
}

function toggled(chosen: readonly HostStatus[], status: HostStatus, adding: boolean): HostStatus[] {
  if (!adding) return [status];
  const next = chosen.includes(status) ? chosen.filter((one) => one !== status) : [...chosen, status];
  return HOST_STATUSES.filter((one) => next.includes(one));
}

/** The active label filters, each with a button to remove it. */
function Chosen({
  matchers,
  onChange,
}: {
  matchers: readonly Matcher[];
  onChange(matchers: Matcher[]): void;
}) {
  if (matchers.length === 0) return null;
  return (
    <ul aria-label="Label filters" className="flex flex-wrap gap-1.5">
      {matchers.map((matcher) => {
        const text = matcherText(matcher);
        return (
          <li key={text}>
            <button
              type="button"
              aria-label={`Remove the filter ${text}`}
              onClick={() => onChange(matchers.filter((other) => other !== matcher))}
              className="inline-flex h-6 max-w-80 items-center gap-1 rounded-md bg-accent-soft pr-1 pl-2 text-xs text-accent hover:opacity-80"
            >
              <span className="truncate">{text}</span>
              <X aria-hidden className="size-3.5 shrink-0" />
            </button>
          </li>
        );
      })}
    </ul>
  );
}

function matcherText(matcher: Matcher): string {
  const values = listedValues(matcher);
  if (values) return `${matcher.label}: ${values.join(', ')}`;
  return `${matcher.label} ${matcher.operator} ${matcher.value}`;
}

function sortOptions({ headlines }: HostsPage, sort: SortKey) {
  const figures = headlines.map((key) => ({
    value: `-${key}`,
    label: `${headline(key).title}, highest first`,
  }));
  const options = [
    { value: 'name', label: 'Name' },
    ...figures,
    { value: '-seen', label: 'Last seen, newest first' },
    { value: 'seen', label: 'Last seen, oldest first' },
  ];
  const known = options.some(({ value }) => value.replace(/^-/, '') === sort);
  return known ? options : [{ value: sort, label: sort }, ...options];
}
