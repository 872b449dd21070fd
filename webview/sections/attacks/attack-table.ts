import type { AttackReport } from '../../../src/core/records/run-files';
import { attackNorm, normName, normText } from '../../text/attack-norm';
import * as format from '../../text/format';
import { resultText } from '../../text/image-result';
import type { TableSource } from '../../text/table-source';

type Attack = AttackReport['attacks'][number];

/** The images of an attack as a table, in the order of the test set. `classNames` may be empty. */
export function attackTable(attack: Attack, classNames: readonly string[]): TableSource {
  const name = (label: number) => classNames[label] ?? String(label);
  const norm = attackNorm(attack);
  const targeted = attack.images.some(({ target }) => target !== undefined);
  const sure = attack.images.some(({ adversarialConfidence }) => adversarialConfidence !== undefined);
  return {
    caption: `${attack.title}: every attacked image`,
    columns: [
      { label: 'Image', numeric: true },
      { label: 'Label', numeric: false },
      ...(targeted ? [{ label: 'Target', numeric: false }] : []),
      { label: 'Clean', numeric: false },
      { label: 'Attacked', numeric: false },
      { label: 'Result', numeric: false },
      ...(sure ? [{ label: 'Confidence', numeric: true }] : []),
      ...(norm ? [{ label: `${normName(norm)} norm`, numeric: true }] : []),
      { label: 'Loss', numeric: true },
    ],
    count: attack.images.length,
    row(index) {
      const image = attack.images[index];
      if (!image) return { cells: [] };
      return {
        cells: [
          String(image.index),
          name(image.label),
          ...(targeted ? [image.target === undefined ? '' : name(image.target)] : []),
          name(image.cleanPrediction),
          name(image.adversarialPrediction),
          resultText(image),
          ...(sure ? [format.percent(image.adversarialConfidence)] : []),
          ...(norm ? [normText(norm, image.norm)] : []),
          format.measured(image.loss),
        ],
      };
    },
  };
}
