import type { HostsPage } from '@/lib/model/fleet/answers';
import { HEADLINES, type HeadlineKey } from '@/lib/model/fleet/headlines';
import type { SortKey } from '@/lib/model/fleet/hosts-query';

/** A figure's column: narrow screens hide the less important ones. */
export interface FigureColumn {
  key: HeadlineKey;
  title: string;
  /** Classes that hide it where there is no room. */
  where: string;
}

const ROOM: Record<HeadlineKey, string> = {
  cpu: '',
  memory: '',
  load: '',
  disk: 'max-lg:hidden',
  received: 'max-xl:hidden',
  sent: 'max-xl:hidden',
};

/** Columns that some reporting host has a figure for, and the one that is sorted by. */
export function figureColumns({ headlines }: Pick<HostsPage, 'headlines'>, sort: SortKey): FigureColumn[] {
  return HEADLINES.filter(({ key }) => headlines.includes(key) || key === sort).map(({ key, title }) => ({
    key,
    title,
    where: key === sort ? '' : ROOM[key],
  }));
}

/** Whether a column is first sorted descending: figures from the highest, hosts from the last seen; names from A. */
export function firstDirection(sort: SortKey): boolean {
  return sort !== 'name';
}
