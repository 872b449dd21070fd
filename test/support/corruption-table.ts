import { corruptionParameters } from '../../src/core/corruptions/corruption-parameters';
import type { CorruptionTable } from '../../src/core/records/corruption-files';
import { emptyCorruptionTable, withRows } from '../../src/core/report/corruption-table';

/** Frost and fog at severities 1 and 5 on 40 images, of which so many are right. */
export function corruptionTableOf(right: readonly [number, number, number, number]): CorruptionTable {
  const parameters = corruptionParameters.parse({ names: ['frost', 'fog'], severities: [1, 5] });
  const empty = emptyCorruptionTable({
    parameters,
    images: {
      origin: 'computed',
      constants: 'CIFAR-10-C',
      read: () => Promise.reject(new RangeError('nothing is read here')),
    },
    ...{ dataset: 'cifar10', count: 40, seed: 7, cleanAccuracy: 0.9 },
  });
  const cells = [
    { name: 'frost', severity: 1 },
    { name: 'frost', severity: 5 },
    { name: 'fog', severity: 1 },
    { name: 'fog', severity: 5 },
  ];
  return withRows(
    empty,
    cells.map((cell, n) => ({ ...cell, right: right[n] ?? 0 })),
  );
}
