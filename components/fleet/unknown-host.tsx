'use client';

import { useParams } from 'next/navigation';
import { nameFromSegments } from '@/lib/model/links';
import { PostSample } from '../panels/post-sample';

/** The line that makes the host of this address exist. */
export function UnknownHost() {
  const { host } = useParams<{ host: string }>();
  return <PostSample labels={{ host: nameFromSegments([host]) ?? 'my-server' }} />;
}
