import { printable } from '../printable';
import { percentRange, type Interval } from './wilson-interval';

/** A plain-text table: the first column to the left, the others to the right. What cells hold is made printable. */
export function table(titles: readonly string[], cells: readonly (readonly string[])[]): string {
  const head = titles.map(printable);
  const rows = cells.map((row) => row.map(printable));
  const widths = head.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => (row[column] ?? '').length)),
  );
  const line = (row: readonly string[]): string =>
    widths
      .map((width, column) =>
        column === 0 ? (row[0] ?? '').padEnd(width) : (row[column] ?? '').padStart(width),
      )
      .join('  ')
      .trimEnd();
  return [line(head), widths.map((width) => '-'.repeat(width)).join('  '), ...rows.map(line)].join('\n');
}

/** `0.2345` as `23.5 %`. */
export function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}

/** `66.4–92.7 %`; empty where there is no interval. */
export function range(interval: Readonly<Interval> | undefined): string {
  return interval ? `${percentRange(interval)} %` : '';
}

/** An accuracy with its interval in brackets, for tables with several: `83.3 % (66.4–92.7)`. */
export function accuracyCell(share: number, interval: Readonly<Interval> | undefined): string {
  return interval ? `${percent(share)} (${percentRange(interval)})` : percent(share);
}

/** `94` seconds as `1:34`. */
export function clock(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  const hours = Math.floor(whole / 3600);
  const minutes = Math.floor((whole % 3600) / 60);
  const rest = String(whole % 60).padStart(2, '0');
  return hours > 0 ? `${hours}:${String(minutes).padStart(2, '0')}:${rest}` : `${minutes}:${rest}`;
}
