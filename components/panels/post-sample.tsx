'use client';

import { useSyncExternalStore } from 'react';
import { CommandLine } from '../ui/command-line';

/** The `curl` line that posts one sample of a metric to the server this page came from. */
export function PostSample({
  metric = 'cpu_usage_percent',
  labels = { host: 'my-server' },
}: PostSampleProps) {
  const origin = useSyncExternalStore(
    () => () => {},
    () => location.origin,
    () => 'http://127.0.0.1:3000',
  );
  const body = JSON.stringify({ name: metric, value: 42, labels }).replaceAll("'", "'\\''");
  return (
    <CommandLine
      command={`curl ${origin}/api/metrics \\\n  -H 'content-type: application/json' \\\n  -d '${body}'`}
    />
  );
}

interface PostSampleProps {
  metric?: string;
  labels?: Record<string, string>;
}
