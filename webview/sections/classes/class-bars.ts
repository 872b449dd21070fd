import type { ReportAnalysis } from '../../../src/core/records/run-files';
import type { Interval } from '../../../src/core/report/wilson-interval';
import * as format from '../../text/format';
import { whisker } from '../../plots/accuracy-bars';
import { element } from '../../controls/dom';

/** A table of clean and robust accuracy by class, with a bar for each. */
export function classBars(
  classes: ReportAnalysis['classes'],
  name: (label: number) => string,
): HTMLTableElement {
  const heads = [
    { text: 'Class' },
    { text: 'Images', class: 'numeric' },
    { text: 'Clean', class: 'colour-blue' },
    { text: 'Robust', class: 'colour-orange' },
  ];
  return element(
    'table',
    { class: 'class-bars' },
    element('caption', { class: 'visually-hidden', text: 'Clean and robust accuracy by class' }),
    element(
      'thead',
      {},
      element('tr', {}, ...heads.map((head) => element('th', { ...head, attributes: { scope: 'col' } }))),
    ),
    element(
      'tbody',
      {},
      ...classes.map(({ label, count, clean, robust, cleanInterval, robustInterval }) =>
        element(
          'tr',
          {},
          element('th', { text: name(label), attributes: { scope: 'row' } }),
          element('td', { class: 'numeric', text: format.integer(count) }),
          share({ part: clean, count, interval: cleanInterval, kind: 'clean' }),
          share({ part: robust, count, interval: robustInterval, kind: 'robust' }),
        ),
      ),
    ),
  );
}

interface Share {
  readonly part: number;
  readonly count: number;
  readonly interval: Interval | undefined;
  readonly kind: 'clean' | 'robust';
}

function share({ part, count, interval, kind }: Share): HTMLElement {
  const fraction = count === 0 ? 0 : part / count;
  const fill = element('span', { class: 'bar-fill' });
  fill.style.width = `${100 * fraction}%`;
  return element(
    'td',
    {
      title: [`${part} of ${format.counted(count, 'image')}`, format.intervalHint(interval)]
        .filter(Boolean)
        .join('\n'),
    },
    element(
      'span',
      { class: `bar-cell bar-${kind}` },
      element('span', { class: 'bar-value', text: format.percent(fraction, 0) }),
      element('span', { class: 'bar-interval', text: format.interval(interval, 0) }),
      element(
        'span',
        { class: 'bar', attributes: { 'aria-hidden': 'true' } },
        fill,
        interval && whisker(interval),
      ),
    ),
  );
}
