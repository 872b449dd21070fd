import { percentRange, type Interval } from '../../src/core/report/wilson-interval';

/** What is shown where there is no number. */
export const NONE = '–';

const grouped = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 });

/** A fraction in [0, 1] as a percentage: `0.6013` is `60.1 %`. */
export function percent(fraction: number | null | undefined, digits = 1): string {
  return isNumber(fraction) ? `${(100 * fraction).toFixed(digits)}\u202f%` : NONE;
}

/** The 95 % interval of an accuracy: `40.7–49.4\u202f%`; empty where there is none. */
export function interval(ends: Readonly<Interval> | undefined, digits = 1): string {
  return ends ? `${percentRange(ends, digits)}\u202f%` : '';
}

/** An accuracy with its 95 % interval in brackets: `45.0\u202f% (40.7–49.4)`. */
export function percentWithin(fraction: number | undefined, ends: Readonly<Interval> | undefined): string {
  return ends ? `${percent(fraction)} (${percentRange(ends)})` : percent(fraction);
}

/** What hovering over an accuracy tells: `95\u202f% interval 40.7–49.4\u202f%, of 500 images`. */
export function intervalHint(ends: Readonly<Interval> | undefined, images?: number): string {
  if (!ends) return '';
  const of = images === undefined ? '' : `, of ${counted(images, 'image')}`;
  return `95\u202f% interval ${interval(ends)}${of}`;
}

/** A whole number with thousands separators. */
export function integer(value: number | null | undefined): string {
  return isNumber(value) ? grouped.format(value) : NONE;
}

/** A measured number with about four significant digits: `2.303`, `0.0125`, `1.2e-7`, `12,345`. */
export function measured(value: number | null | undefined): string {
  if (!isNumber(value)) return NONE;
  const size = Math.abs(value);
  if (size === 0) return '0';
  if (size >= 1e6 || size < 1e-4) return value.toExponential(2);
  if (size >= 1000) return grouped.format(value);
  return trimZeros(value.toPrecision(4));
}

/** Images per second: one decimal under a hundred. */
export function rate(value: number | null | undefined): string {
  if (!isNumber(value)) return NONE;
  return value >= 100 ? grouped.format(value) : value.toFixed(1);
}

/** An epoch position: `3.40`. */
export function epoch(value: number | null | undefined): string {
  return isNumber(value) ? value.toFixed(2) : NONE;
}

/** A time span for people: `0.8 s`, `42 s`, `2 min 05 s`, `3 h 07 min`. */
export function duration(seconds: number | null | undefined, digits = 1): string {
  if (!isNumber(seconds) || seconds < 0) return NONE;
  if (seconds < 10) return `${seconds.toFixed(digits)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${pad(whole % 60)} s`;
  const minutes = Math.round(seconds / 60);
  return `${integer(Math.floor(minutes / 60))} h ${pad(minutes % 60)} min`;
}

/** A time span as a clock shows it: `0:42`, `12:05`, `3:07:12`. */
export function clock(seconds: number | null | undefined): string {
  if (!isNumber(seconds) || seconds < 0) return NONE;
  const whole = Math.floor(seconds);
  const minutes = Math.floor(whole / 60);
  const tail = pad(whole % 60);
  return minutes < 60 ? `${minutes}:${tail}` : `${Math.floor(minutes / 60)}:${pad(minutes % 60)}:${tail}`;
}

/** Time left, in whole seconds: `42 s left`, `1 min 24 s left`. */
export function timeLeft(seconds: number): string {
  return `${duration(Math.max(1, Math.round(seconds)), 0)} left`;
}

/** A perturbation size: `8/255` where it is a whole number of grey levels, else the number. */
export function budget(epsilon: number): string {
  const levels = epsilon * 255;
  const nearest = Math.round(levels);
  return nearest > 0 && Math.abs(levels - nearest) < 1e-6 ? `${nearest}/255` : measured(epsilon);
}

/** `1 image`, `500 images`. */
export function counted(count: number, noun: string): string {
  return `${integer(count)} ${noun}${count === 1 ? '' : 's'}`;
}

function isNumber(value: number | null | undefined): value is number {
  return value !== null && value !== undefined && Number.isFinite(value);
}

function pad(value: number): string {
  return String(value).padStart(2, '0');
}

function trimZeros(text: string): string {
  return text.includes('.') ? text.replace(/0+$/, '').replace(/\.$/, '') : text;
}
