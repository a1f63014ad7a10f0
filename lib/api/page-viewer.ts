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
 * For every page that shows anything, before it looks anything up: leads whoever may not look to the sign-in. What
 * stands before the pages asks, too, but a layout is not made again on the way from page to page, and what rewrites
 * addresses may be wrong about which page one leads to.
 */
export async function requireViewer(): Promise<void> {
  if (!(await pageViewer())) redirect('/login');
}
