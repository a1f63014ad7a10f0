import { ChevronLeft, ChevronRight } from 'lucide-react';
import type { HostsPage } from '@/lib/model/fleet/answers';
import { PAGE_SIZES } from '@/lib/model/fleet/hosts-query';
import { formatCount } from '@/lib/model/format';
import { Button } from '../ui/button';
import { Select } from '../ui/select';

export interface PagerProps {
  page: HostsPage;
  /** To the next page (1) or the one before (-1). */
  onTurn(by: 1 | -1): void;
  onPageSize(size: number): void;
}

/** Shows which hosts of how many are listed, and turns pages. */
export function Pager({ page: { page, pages, pageSize, matching }, onTurn, onPageSize }: PagerProps) {
  const first = matching === 0 ? 0 : (page - 1) * pageSize + 1;
  const last = Math.min(matching, page * pageSize);
  const sizes = [...new Set([...PAGE_SIZES, pageSize])].sort((a, b) => a - b);
  return (
    <nav aria-label="Pages" className="flex flex-wrap items-center justify-between gap-2 text-sm text-ink-3">
      <p role="status">
        {formatCount(first)}–{formatCount(last)} of {formatCount(matching)}
      </p>
      <div className="flex items-center gap-1.5">
        <Select
          label="Rows"
          showLabel
          value={String(pageSize)}
          options={sizes.map((size) => ({ value: String(size), label: String(size) }))}
          onValueChange={(size) => onPageSize(Number(size))}
        />
        <Button size="icon" aria-label="Previous page" disabled={page <= 1} onClick={() => onTurn(-1)}>
          <ChevronLeft aria-hidden />
        </Button>
        <span className="min-w-20 text-center">
          {formatCount(page)} of {formatCount(pages)}
        </span>
        <Button size="icon" aria-label="Next page" disabled={page >= pages} onClick={() => onTurn(1)}>
          <ChevronRight aria-hidden />
        </Button>
      </div>
    </nav>
  );
}
