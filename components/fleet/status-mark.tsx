import type { HostStatus } from '@/lib/model/fleet/status';
import { cn } from '../ui/cn';

/** The look and the words of a status. Shapes differ too: not everyone can distinguish green and red. */
export const STATUS_LOOKS = {
  reporting: {
    word: 'Reporting',
    tone: 'good',
    color: 'text-good',
    explanation: 'Its samples arrive as often as they usually do.',
  },
  late: {
    word: 'Late',
    tone: 'warn',
    color: 'text-warn',
    explanation: 'Silent for three of its usual intervals (15 s at least).',
  },
  gone: {
    word: 'Gone',
    tone: 'bad',
    color: 'text-bad',
    explanation: 'Silent for ten of its usual intervals (5 minutes at least).',
  },
} as const satisfies Record<
  HostStatus,
  { word: string; tone: 'good' | 'warn' | 'bad'; color: string; explanation: string }
>;

/** A filled circle, a triangle, a hollow circle. Spoken as its word unless `silent`. */
export function StatusMark({
  status,
  silent = false,
  className,
}: {
  status: HostStatus;
  silent?: boolean;
  className?: string;
}) {
  const { word, color } = STATUS_LOOKS[status];
  return (
    <svg
      viewBox="0 0 10 10"
      className={cn('inline-block size-2.5 shrink-0', color, className)}
      role="img"
      aria-hidden={silent}
      aria-label={word}
    >
      {status === 'reporting' && <circle cx="5" cy="5" r="4" fill="currentColor" />}
      {status === 'late' && <path d="M5 .8 9.6 9H.4Z" fill="currentColor" />}
      {status === 'gone' && (
        <circle cx="5" cy="5" r="3.6" fill="none" stroke="currentColor" strokeWidth="1.8" />
      )}
    </svg>
  );
}
