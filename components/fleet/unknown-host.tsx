'use client';

import { useParams } from 'next/navigation';
import { nameFromSegments } from '@/lib/model/links';
import { PostSample } from '../panels/post-sample';

/** How to create the host that the address names: its first sample does. */
export function UnknownHost() {
  const { host } = useParams<{ host: string }>();
  return <PostSample labels={{ host: nameFromSegments([host]) ?? 'my-server' }} />;
}
