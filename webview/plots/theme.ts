import type { ChartColour } from './plot-frame';

/** Colours and font for canvases, which style sheets can't reach. */
export interface Theme {
  readonly text: string;
  readonly muted: string;
  readonly grid: string;
  readonly background: string;
  readonly font: string;
  readonly chart: Readonly<Record<ChartColour, string>>;
}

/** Reads VS Code's theme variables as they are now; in forced-colours mode, the system's colours. */
export function readTheme(): Theme {
  const forced = matchMedia('(forced-colors: active)').matches;
  const probe = document.createElement('span');
  probe.hidden = true;
  document.body.append(probe);
  const resolve = (value: string, adjust: 'auto' | 'none' = 'auto') => {
    probe.style.setProperty('forced-color-adjust', adjust);
    probe.style.color = value;
    return getComputedStyle(probe).color;
  };
  const chart = (name: string) => resolve(`var(--vscode-charts-${name}, var(--vscode-foreground))`, 'none');
  const theme: Theme = {
    text: resolve('var(--vscode-foreground)'),
    muted: resolve('var(--vscode-descriptionForeground, var(--vscode-foreground))'),
    grid: forced ? resolve('GrayText') : resolve('var(--grid-line)', 'none'),
    background: resolve('var(--surface)', 'none'),
    font: `11px ${getComputedStyle(document.body).fontFamily}`,
    chart: {
      blue: chart('blue'),
      orange: chart('orange'),
      green: chart('green'),
      purple: chart('purple'),
      red: chart('red'),
      yellow: chart('yellow'),
      foreground: resolve('var(--vscode-descriptionForeground, var(--vscode-foreground))'),
    },
  };
  probe.remove();
  return theme;
}

/** Calls back after VS Code changed the theme, or the system its contrast mode. */
export function onThemeChange(changed: () => void): void {
  const observer = new MutationObserver(changed);
  const attributeFilter = ['class', 'style', 'data-vscode-theme-id'];
  observer.observe(document.documentElement, { attributes: true, attributeFilter });
  observer.observe(document.body, { attributes: true, attributeFilter });
  matchMedia('(forced-colors: active)').addEventListener('change', changed);
}
