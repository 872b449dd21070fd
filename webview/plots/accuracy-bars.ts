import * as format from '../text/format';
import type { Interval } from '../../src/core/report/wilson-interval';
import { element } from '../controls/dom';
import { icon } from '../controls/icons';

export interface AccuracyBar {
  readonly title: string;
  readonly note: string;
  /** Fraction in [0, 1]; undefined before the first image. */
  readonly accuracy: number | undefined;
  /** The 95 % interval that it has. */
  readonly interval?: Interval | undefined;
  /** That the accuracy is of. */
  readonly images?: number | undefined;
  /** What it was before, drawn behind it. */
  readonly before?: number | undefined;
  readonly seconds?: number | undefined;
  /** `ensemble`: the heading of the `member`s after it. */
  readonly kind: 'clean' | 'robust' | 'worst' | 'ensemble' | 'member';
  /** It is being measured. */
  readonly running?: { readonly done: number; readonly total: number } | undefined;
  /** Something beside the row's title, such as a button. */
  readonly extra?: HTMLElement;
}

/** A table of accuracies with a bar for each. */
export function accuracyBars(caption: string, bars: readonly AccuracyBar[]): HTMLTableElement {
  const withSeconds = bars.some((bar) => bar.seconds !== undefined);
  const heads = [
    { text: 'Attack' },
    { text: 'Accuracy' },
    { text: '95\u202f% interval', class: 'numeric' },
    ...(withSeconds ? [{ text: 'Time', class: 'numeric' }] : []),
  ];
  return element(
    'table',
    { class: 'bars' },
    element('caption', { class: 'visually-hidden', text: caption }),
    element(
      'thead',
      {},
      element('tr', {}, ...heads.map((head) => element('th', { ...head, attributes: { scope: 'col' } }))),
    ),
    element('tbody', {}, ...bars.map((bar) => barRow(bar, withSeconds))),
  );
}

function barRow(bar: AccuracyBar, withSeconds: boolean): HTMLElement {
  return element(
    'tr',
    { class: `bar-row bar-${bar.kind}` },
    element(
      'th',
      { attributes: { scope: 'row' } },
      element(
        'span',
        { class: 'bar-title' },
        bar.running ? icon('spinner') : undefined,
        element('span', { text: bar.title }),
        bar.extra,
      ),
      element('span', { class: 'bar-note', text: bar.note }),
      bar.running ? runningLine(bar.running) : undefined,
    ),
    element(
      'td',
      { title: format.intervalHint(bar.interval, bar.images) },
      element(
        'span',
        { class: 'bar-cell' },
        element('span', { class: 'bar-value', text: format.percent(bar.accuracy) }),
        drawnBar(bar),
      ),
    ),
    element('td', { class: 'numeric bar-interval', text: format.interval(bar.interval) }),
    withSeconds
      ? element('td', {
          class: 'numeric',
          text: bar.seconds === undefined ? '' : format.duration(bar.seconds),
        })
      : undefined,
  );
}

function drawnBar({ accuracy = 0, before, interval }: AccuracyBar): HTMLElement {
  const bar = element('span', { class: 'bar', attributes: { 'aria-hidden': 'true' } });
  if (before !== undefined && before > accuracy) bar.append(strip('bar-before', before));
  bar.append(strip('bar-fill', accuracy));
  if (interval) bar.append(whisker(interval));
  return bar;
}

function strip(className: string, share: number): HTMLElement {
  const made = element('span', { class: className });
  made.style.width = `${100 * Math.max(0, Math.min(1, share))}%`;
  return made;
}

/** From the lower to the upper end of an interval. */
export function whisker([low, high]: Readonly<Interval>): HTMLElement {
  const made = element('span', { class: 'bar-whisker' });
  made.style.left = `${100 * low}%`;
  made.style.width = `${100 * (high - low)}%`;
  return made;
}

function runningLine({ done, total }: { readonly done: number; readonly total: number }): HTMLElement {
  const progress = element('progress', {
    class: 'bar-progress',
    attributes: { max: String(Math.max(1, total)), value: String(done), 'aria-label': 'Images attacked' },
  });
  const text = `${format.integer(done)} of ${format.counted(total, 'image')}`;
  return element('span', { class: 'bar-running' }, progress, element('span', { text }));
}
