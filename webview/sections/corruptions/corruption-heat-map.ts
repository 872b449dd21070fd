import type { CorruptionTable } from '../../../src/core/records/corruption-files';
import { element } from '../../controls/dom';
import type { Mosaic } from '../../pictures/mosaic';
import { predictionText } from '../../pictures/prediction';
import * as format from '../../text/format';
import { corruptionRows, meanRow, type CorruptionCell, type CorruptionRow } from './corruption-rows';

/**
 * Accuracy under each corruption and severity, the darker the higher.
 * @param mosaic one image under each of them, where there are pictures: a row without corruption comes first
 */
export function corruptionHeatMap(table: CorruptionTable, mosaic: Mosaic | undefined): HTMLTableElement {
  const { severities, cleanAccuracy, cleanAccuracyInterval, count } = table;
  const pictureOf = (row: number, column: number): HTMLElement[] => {
    if (!mosaic?.grid.rows[row]?.predictions[String(severities[column])] && row > 0) return [];
    const shown = mosaic?.grid.rows[row];
    const answer = mosaic && shown ? predictionText(mosaic.grid, shown, String(severities[column])) : '';
    const canvas = element('canvas', {
      class: 'corruption-tile',
      ...(answer === '' ? {} : { title: answer }),
      attributes: { 'aria-hidden': 'true' },
    });
    mosaic?.draw(canvas, row, column);
    return mosaic ? [canvas] : [];
  };
  const clean = { accuracy: cleanAccuracy, interval: cleanAccuracyInterval };
  const line = (row: CorruptionRow, place?: number): HTMLElement =>
    element(
      'tr',
      {},
      element(
        'th',
        { attributes: { scope: 'row' } },
        row.title,
        ...(row.family === ''
          ? []
          : [' ', element('span', { class: 'corruption-family', text: row.family })]),
      ),
      ...row.cells.map((cell, column) =>
        heatCell(cell, count, place === undefined ? [] : pictureOf(place, column)),
      ),
      ...(severities.length > 1 ? [heatCell(row.mean, count, [])] : []),
    );
  return element(
    'table',
    { class: 'corruptions' },
    element('caption', {
      class: 'visually-hidden',
      text: 'Accuracy by corruption (rows) and severity (columns)',
    }),
    element(
      'thead',
      {},
      element(
        'tr',
        {},
        element('td'),
        ...severities.map((severity) =>
          element('th', { text: `Severity ${severity}`, attributes: { scope: 'col' } }),
        ),
        ...(severities.length > 1 ? [element('th', { text: 'Mean', attributes: { scope: 'col' } })] : []),
      ),
    ),
    element(
      'tbody',
      {},
      element(
        'tr',
        {},
        element('th', { text: 'No corruption', attributes: { scope: 'row' } }),
        heatCell(clean, count, pictureOf(0, 0)),
      ),
      ...corruptionRows(table).map((row, place) => line(row, place + 1)),
      ...(table.corruptions.length > 1 ? [line(meanRow(table))] : []),
    ),
  );
}

function heatCell(
  { accuracy, interval }: CorruptionCell,
  count: number,
  pictures: readonly HTMLElement[],
): HTMLElement {
  const hint = format.intervalHint(interval, count);
  const cell = element(
    'td',
    hint === '' ? {} : { title: hint },
    ...pictures,
    element('span', { text: format.percent(accuracy) }),
  );
  cell.style.setProperty('--share', String(accuracy ?? 0));
  return cell;
}
