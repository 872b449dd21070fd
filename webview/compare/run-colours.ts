import type { ComparedRow } from '../../src/core/report/compare/compared-row';
import type { Theme } from '../plots/theme';

/** Hues that are far from each other whatever their number, degrees. */
const GOLDEN_ANGLE = 137.508;
const THEMED = ['blue', 'orange', 'green', 'purple', 'red', 'yellow'] as const;

/** A colour for each run, the same in every picture: first those of the theme, then hues that are far from each other. */
export function runColours(rows: readonly ComparedRow[], theme: Theme): ReadonlyMap<string, string> {
  const runs = [...new Set(rows.map(({ record }) => record.id))];
  // A theme may have no colours for charts.
  const isColourful = new Set(THEMED.map((name) => theme.chart[name])).size === THEMED.length;
  const isDark = luminanceOf(theme.background) < 0.5;
  return new Map(
    runs.map((run, at) => {
      const named = THEMED[at];
      if (named !== undefined && isColourful) return [run, theme.chart[named]];
      const hue = Math.round((at * GOLDEN_ANGLE) % 360);
      // Neighbouring hues differ in their lightness, too.
      const lightness = (isDark ? 58 : 36) + 8 * (at % 3);
      return [run, `hsl(${hue} 65% ${lightness}%)`];
    }),
  );
}

/** Of a colour as the browser computes it, in [0, 1]; 0 where it says something else. */
function luminanceOf(colour: string): number {
  const [red = 0, green = 0, blue = 0] = (/rgba?\(([^)]*)\)/.exec(colour)?.[1] ?? '')
    .split(/[\s,/]+/)
    .map(Number);
  return (0.2126 * red + 0.7152 * green + 0.0722 * blue) / 255;
}
