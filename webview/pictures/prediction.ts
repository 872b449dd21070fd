import { percent } from '../text/format';
import { className } from '../text/class-name';
import type { SampleGrid } from '../../src/core/records/run-files';
import { element } from '../controls/dom';
import { icon } from '../controls/icons';

type Row = SampleGrid['rows'][number];

/** The network's answer for a picture: icon, class, confidence. Empty where there is none. */
export function predictionLines(grid: SampleGrid, row: Row, key: string): Node[] {
  const prediction = row.predictions[key];
  if (!prediction) return [];
  const right = isRight(prediction, row);
  return [
    element(
      'span',
      { class: `prediction ${right ? 'right' : 'wrong'}` },
      icon(right ? 'right' : 'wrong'),
      element('span', { class: 'prediction-name', text: className(grid, prediction.label) }),
    ),
    element('span', { class: 'confidence', text: percent(prediction.confidence, 0) }),
  ];
}

/** The same in words. */
export function predictionText(grid: SampleGrid, row: Row, key: string): string {
  const prediction = row.predictions[key];
  if (!prediction) return '';
  const verdict = isRight(prediction, row) ? 'right' : 'wrong';
  return `predicted ${className(grid, prediction.label)} with ${percent(prediction.confidence, 0)}, ${verdict}`;
}

function isRight({ label, shows }: Row['predictions'][string], row: Row): boolean {
  return label === (shows ?? row.label);
}
