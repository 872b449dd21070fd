import type { ConfusionMatrix } from './confusion-matrix';
import * as format from '../../text/format';
import { element } from '../../controls/dom';

/** A table whose cells are the darker, the more images of their true class they hold. */
export function confusionHeatMap(
  { labels, counts, totals }: ConfusionMatrix,
  caption: string,
  name: (label: number) => string,
): HTMLTableElement {
  return element(
    'table',
    { class: 'confusion' },
    element('caption', { text: `${caption} (rows); columns: predicted class` }),
    element(
      'thead',
      {},
      element(
        'tr',
        {},
        element('td'),
        ...labels.map((label) =>
          element(
            'th',
            { attributes: { scope: 'col' } },
            element('span', { class: 'confusion-head', text: name(label), title: name(label) }),
          ),
        ),
      ),
    ),
    element(
      'tbody',
      {},
      ...labels.map((label, row) =>
        element(
          'tr',
          {},
          element('th', { text: name(label), title: name(label), attributes: { scope: 'row' } }),
          ...labels.map((predicted, column) => {
            const count = counts[row]?.[column] ?? 0;
            const total = totals[row] ?? 0;
            const right = label === predicted;
            const cell = element('td', {
              class: right ? 'right' : 'wrong',
              text: count === 0 ? '' : format.integer(count),
              title: `${name(label)} taken for ${name(predicted)}: ${count} of ${total}`,
            });
            cell.style.setProperty('--share', String(total === 0 ? 0 : count / total));
            return cell;
          }),
        ),
      ),
    ),
  );
}
