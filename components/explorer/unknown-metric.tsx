'use client';

import { usePathname } from 'next/navigation';
import { nameFromSegments } from '@/lib/model/links';
import { METRIC_NAME } from '@/lib/model/series';
import { ConnectLink } from '../connect/connect-link';
import { PostSample } from '../panels/post-sample';

/** How to create the metric that the address names: the first sample does. */
export function UnknownMetric() {
  const name = nameFromSegments(usePathname().split('/').slice(2));
  if (name === null || !METRIC_NAME.test(name)) {
    return (
      <p className="text-sm text-ink-2">
        A metric’s name begins with a letter, an underscore, a colon or a dot, and goes on with those, digits,
        slashes and hyphens.
      </p>
    );
  }
  return (
    <>
      <p className="text-sm text-ink-2">
        Nobody has sent <code className="font-mono break-all text-ink">{name}</code>. It is there as soon as
        somebody does:
      </p>
      <PostSample metric={name} />
      <ConnectLink />
    </>
  );
}
