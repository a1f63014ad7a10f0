'use client';

import { Monitor, Moon, Sun } from 'lucide-react';
import { useSyncExternalStore } from 'react';
import { Button } from '../ui/button';
import { Tooltip } from '../ui/tooltip';
import { THEME_KEY } from './theme-script';

type Theme = 'system' | 'light' | 'dark';

const THEMES = {
  system: { next: 'light', icon: Monitor, says: 'Theme: as the system. Switch to light.' },
  light: { next: 'dark', icon: Sun, says: 'Theme: light. Switch to dark.' },
  dark: { next: 'system', icon: Moon, says: 'Theme: dark. Switch to the system’s.' },
} as const satisfies Record<Theme, { next: Theme; icon: typeof Sun; says: string }>;

const CHANGED = 'pulseboard:theme';

export function ThemeToggle() {
  const theme = useSyncExternalStore(subscribe, readTheme, () => 'system' as const);
  const { next, icon: Icon, says } = THEMES[theme];
  return (
    <Tooltip text={says}>
      <Button look="ghost" size="icon" aria-label={says} onClick={() => chooseTheme(next)}>
        <Icon aria-hidden />
      </Button>
    </Tooltip>
  );
}

function readTheme(): Theme {
  const theme = document.documentElement.dataset.theme;
  return theme === 'light' || theme === 'dark' ? theme : 'system';
}

function chooseTheme(theme: Theme): void {
  if (theme === 'system') delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
  try {
    if (theme === 'system') localStorage.removeItem(THEME_KEY);
    else localStorage.setItem(THEME_KEY, theme);
  } catch {
    // Storage is blocked: the choice holds for this page only.
  }
  window.dispatchEvent(new Event(CHANGED));
}

function subscribe(changed: () => void): () => void {
  const fromOtherTab = (event: StorageEvent) => {
    if (event.key !== THEME_KEY) return;
    chooseTheme(event.newValue === 'light' || event.newValue === 'dark' ? event.newValue : 'system');
  };
  window.addEventListener(CHANGED, changed);
  window.addEventListener('storage', fromOtherTab);
  return () => {
    window.removeEventListener(CHANGED, changed);
    window.removeEventListener('storage', fromOtherTab);
  };
}
