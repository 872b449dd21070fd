import * as format from '../model/format';
import { element } from './dom';

export interface AccuracyBar {
  readonly title: string;
  readonly note: string;
  /** Fraction in [0, 1]. */
  readonly accuracy: number;
  readonly seconds?: number;
  readonly kind: 'clean' | 'robust' | 'worst';
  /** Something beside the row's title, such as a button. */
  readonly extra?: HTMLElement;
}

/** A table of accuracies with a bar for each. */
export function accuracyBars(caption: string, bars: readonly AccuracyBar[]): HTMLTableElement {
  const withSeconds = bars.some((bar) => bar.seconds !== undefined);
  const heads = ['Attack', 'Accuracy', ...(withSeconds ? ['Time'] : [])];
  return element(
    'table',
    { class: 'bars' },
    element('caption', { class: 'visually-hidden', text: caption }),
    element(
      'thead',
      {},
      element('tr', {}, ...heads.map((text) => element('th', { text, attributes: { scope: 'col' } }))),
    ),
    element('tbody', {}, ...bars.map((bar) => barRow(bar, withSeconds))),
  );
}

function barRow(bar: AccuracyBar, withSeconds: boolean): HTMLElement {
  const fill = element('span', { class: 'bar-fill' });
  fill.style.width = `${100 * Math.max(0, Math.min(1, bar.accuracy))}%`;
  return element(
    'tr',
    { class: `bar-row bar-${bar.kind}` },
    element(
      'th',
      { attributes: { scope: 'row' } },
      element('span', { class: 'bar-title' }, bar.title, bar.extra),
      element('span', { class: 'bar-note', text: bar.note }),
    ),
    element(
      'td',
      {},
      element(
        'span',
        { class: 'bar-cell' },
        element('span', { class: 'bar-value', text: format.percent(bar.accuracy) }),
        element('span', { class: 'bar', attributes: { 'aria-hidden': 'true' } }, fill),
      ),
    ),
    withSeconds
      ? element('td', {
          class: 'numeric',
          text: bar.seconds === undefined ? '' : format.duration(bar.seconds),
        })
      : undefined,
  );
}
