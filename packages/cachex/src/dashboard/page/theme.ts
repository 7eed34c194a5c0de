import { useEffect, useLayoutEffect, useState } from 'preact/hooks';

export type Theme = 'auto' | 'light' | 'dark';

const order: readonly Theme[] = ['auto', 'light', 'dark'];
const place = 'cachex-theme';

export interface ThemeSwitch {
  readonly theme: Theme;
  /** Whether what is shown now is dark. */
  readonly isDark: boolean;
  next(): void;
}

export function useTheme(): ThemeSwitch {
  const [theme, setTheme] = useState<Theme>(remembered);
  const [systemDark, setSystemDark] = useState(() => matchMedia('(prefers-color-scheme: dark)').matches);
  useEffect(() => {
    const query = matchMedia('(prefers-color-scheme: dark)');
    const follow = (): void => setSystemDark(query.matches);
    query.addEventListener('change', follow);
    return () => query.removeEventListener('change', follow);
  }, []);
  useLayoutEffect(() => {
    document.documentElement.dataset.theme = theme;
    try {
      localStorage.setItem(place, theme);
    } catch {
      // It is not remembered where nothing may be stored.
    }
  }, [theme]);
  return {
    theme,
    isDark: theme === 'auto' ? systemDark : theme === 'dark',
    next: () => setTheme((before) => order[(order.indexOf(before) + 1) % order.length]!),
  };
}

function remembered(): Theme {
  try {
    return order.find((each) => each === localStorage.getItem(place)) ?? 'auto';
  } catch {
    return 'auto';
  }
}
