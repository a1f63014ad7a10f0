'use client';

import { Download } from 'lucide-react';
import { useState } from 'react';
import { Button } from '../ui/button';

/** Downloads the same points as CSV. The API tells CSV from JSON by the `Accept` header, which a link cannot set. */
export function CsvButton({ href, fileName }: { href: string; fileName: string }) {
  const [state, setState] = useState<'ready' | 'reading' | 'failed'>('ready');
  async function download(): Promise<void> {
    setState('reading');
    try {
      const response = await fetch(href, { headers: { accept: 'text/csv' } });
      if (!response.ok) throw new Error(`The server answered ${response.status}.`);
      save(await response.blob(), fileName);
      setState('ready');
    } catch (error) {
      console.warn('CSV download failed', error);
      setState('failed');
    }
  }
  return (
    <Button size="sm" disabled={state === 'reading'} onClick={download}>
      <Download aria-hidden />
      <span role="status">{state === 'failed' ? 'CSV failed: try again' : 'CSV'}</span>
    </Button>
  );
}

function save(blob: Blob, fileName: string): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(blob);
  link.download = fileName;
  link.click();
  // Revoked at once, some browsers save an empty file.
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
