import type { NormHistogram } from './norm-histogram';
import { element } from '../../controls/dom';

/** Bars, with the median and the quartiles across them. The eye only: a summary and a table say the same. */
export function histogram({ bins, quartiles, ticks, title, summary }: NormHistogram): HTMLElement {
  const field = element(
    'div',
    { class: 'histogram-field' },
    ...bins.map(({ height, text }) => {
      const bar = element('span', { class: 'histogram-bar' });
      bar.style.height = `${100 * height}%`;
      return element('span', { class: 'histogram-bin', title: text }, bar);
    }),
  );
  if (quartiles) {
    const box = element('span', { class: 'histogram-quartiles', title: 'Between the quartiles' });
    box.style.left = `${100 * quartiles.low}%`;
    box.style.width = `${100 * (quartiles.high - quartiles.low)}%`;
    const line = element('span', { class: 'histogram-median', title: 'Median' });
    line.style.left = `${100 * quartiles.median}%`;
    field.append(box, line);
  }
  return element(
    'div',
    { class: 'histogram', attributes: { role: 'img', 'aria-label': `${title}: ${summary}` } },
    field,
    element('div', { class: 'histogram-ticks' }, ...ticks.map((text) => element('span', { text }))),
  );
}
