'use client';

import './globals.css';

/** Shown when the root layout fails: it uses no components, which could fail again. */
export default function GlobalError({ retry }: { error: unknown; retry: () => void }) {
  return (
    <html lang="en">
      <body className="p-6">
        <title>Pulseboard: error</title>
        <h1 className="text-lg font-semibold">Pulseboard could not be shown</h1>
        <p className="py-2 text-ink-2">The server’s log says why.</p>
        <button type="button" className="rounded-md border px-3 py-1" onClick={() => retry()}>
          Try again
        </button>
      </body>
    </html>
  );
}
