import type { Metadata, Viewport } from 'next';
import { headers } from 'next/headers';
import type { ReactNode } from 'react';
import { Header } from '@/components/shell/header';
import { SignOut } from '@/components/shell/sign-out';
import { ThemeScript } from '@/components/shell/theme-script';
import { TooltipProvider } from '@/components/ui/tooltip';
import { pageViewer } from '@/lib/api/page-viewer';
import './globals.css';

export const metadata: Metadata = {
  title: { default: 'Pulseboard', template: '%s · Pulseboard' },
  description: 'Metrics of your servers, live.',
};

export const viewport: Viewport = {
  themeColor: [
    { media: '(prefers-color-scheme: light)', color: '#ffffff' },
    { media: '(prefers-color-scheme: dark)', color: '#13171e' },
  ],
};

export default async function RootLayout({ children }: { children: ReactNode }) {
  const nonce = (await headers()).get('x-nonce') ?? undefined;
  const viewer = await pageViewer();
  return (
    // The theme script sets `data-theme` before React looks.
    <html lang="en" suppressHydrationWarning>
      <head>
        <ThemeScript nonce={nonce} />
      </head>
      <body className="min-h-dvh">
        <a
          href="#main"
          className="sr-only z-50 rounded-md bg-accent px-3 py-2 text-accent-ink focus:not-sr-only focus:fixed focus:top-2 focus:left-2"
        >
          Skip to content
        </a>
        <TooltipProvider delayDuration={300}>
          <Header mayLook={viewer !== null}>{viewer?.session && <SignOut />}</Header>
          <main id="main" tabIndex={-1} className="mx-auto max-w-[1680px] px-3 py-4 outline-none sm:px-5">
            {children}
          </main>
        </TooltipProvider>
      </body>
    </html>
  );
}
