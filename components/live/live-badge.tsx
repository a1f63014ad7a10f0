'use client';

import { formatSpan } from '@/lib/model/format-time';
import { Badge, type BadgeProps } from '../ui/badge';
import { cn } from '../ui/cn';
import { Tooltip } from '../ui/tooltip';
import { useFeedStatus } from './feed';
import { useServerNow } from './now';

const LOOKS = {
  idle: {
    tone: 'neutral',
    word: 'Not live',
    dot: 'bg-ink-3',
    explanation: 'Nothing on this page comes over the live stream.',
  },
  connecting: {
    tone: 'neutral',
    word: 'Connecting',
    dot: 'bg-ink-3',
    explanation: 'Opening the live stream.',
  },
  live: { tone: 'good', word: 'Live', dot: 'bg-good', explanation: 'New samples appear as they arrive.' },
  reconnecting: {
    tone: 'warn',
    word: 'Reconnecting',
    dot: 'bg-warn motion-safe:animate-pulse',
    explanation: 'The live stream was lost; trying again. What was missed will be filled in.',
  },
  stale: {
    tone: 'bad',
    word: 'Stale',
    dot: 'bg-bad',
    explanation: 'No message from the server for a while; the charts show the past. Still trying to connect.',
  },
} as const satisfies Record<
  string,
  { tone: BadgeProps['tone']; word: string; dot: string; explanation: string }
>;

/** How fresh the page is: live with its lag, reconnecting or stale with the time since the last message. */
export function LiveBadge() {
  const { state, lagMs, heardAt, degraded } = useFeedStatus();
  const now = useServerNow(1_000);
  const look = LOOKS[state];
  const tone = state === 'live' && degraded ? 'warn' : look.tone;
  const figure =
    state === 'live'
      ? lagMs !== null && formatSpan(lagMs)
      : heardAt && now && formatSpan(Math.max(0, now - heardAt));
  return (
    <Tooltip
      text={
        <>
          {look.explanation}
          {state === 'live' && lagMs !== null && ` Lag ${formatSpan(lagMs)}: from the server to this screen.`}
          {degraded && ` The server is degraded: ${degraded.replaceAll('_', ' ')}.`}
        </>
      }
    >
      <button
        type="button"
        className={cn('min-w-0 rounded', state === 'idle' && 'max-sm:hidden')}
        data-live-state={state}
        aria-label={`Stream: ${look.word}${degraded ? ', degraded' : ''}`}
      >
        <Badge tone={tone} className="h-6 max-w-full px-1.5 text-xs max-sm:text-2xs sm:px-2">
          <span aria-hidden className={cn('size-2 shrink-0 rounded-full', look.dot)} />
          {/* A phone has no room for it: there its absence says that all is well. */}
          <span className={cn('truncate', state === 'live' && !degraded && 'max-sm:hidden')}>
            {look.word}
          </span>
          {/* On a phone the colour and the explanation say it. */}
          {degraded && <span className="max-sm:hidden">· degraded</span>}
          {figure && <span className="hidden min-w-[5ch] text-right font-normal sm:inline">{figure}</span>}
        </Badge>
        <span role="status" className="sr-only">
          {state === 'live' || state === 'idle' || state === 'connecting' ? '' : look.word}
        </span>
      </button>
    </Tooltip>
  );
}
