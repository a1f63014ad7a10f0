import { headers } from 'next/headers';
import { redirect } from 'next/navigation';
import type { Viewer } from '../access/auth/viewers';
import { isPulseError } from '../model/errors';
import { rootOfProcess } from '../system/process';
import { viewerHeaders } from './http';

/** The viewer of a page; null when they are not signed in. */
export async function pageViewer(): Promise<Viewer | null> {
  try {
    const given = await headers();
    return rootOfProcess().auth.viewers.viewerOf(viewerHeaders({ headers: given }));
  } catch (error) {
    // Too many wrong passwords.
    if (isPulseError(error)) return null;
    throw error;
  }
}

/**
 * For every page with data, before it reads any: redirects visitors who may not look to the login page. The guard
 * before Next.js checks, too; but Next.js keeps a layout from page to page, and the guard may be wrong about the page
 * that a rewritten address leads to.
 */
export async function requireViewer(): Promise<void> {
  if (!(await pageViewer())) redirect('/login');
}
