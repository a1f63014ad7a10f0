import type { Level } from '@/lib/model/events';
import { Badge, type BadgeProps } from '../ui/badge';

const TONES = {
  trace: 'neutral',
  debug: 'neutral',
  info: 'accent',
  warn: 'warn',
  error: 'bad',
  fatal: 'bad',
} as const satisfies Record<Level, BadgeProps['tone']>;

export function LevelBadge({ level }: { level: Level }) {
  return <Badge tone={TONES[level]}>{level}</Badge>;
}
