import type { LabelledImages } from '../attacks/base/attack';
import { gatherRows } from '../attacks/base/batch-rows';
import type { PreviewColumn, PreviewFact } from './method';
import { mixedRows, type Pairs } from './pairs';
import { imageColumn } from './preview-columns';

/** The partner of each image, and the mixture of the two. */
export function pairColumns({ images, labels }: LabelledImages, pairs: Pairs): PreviewColumn[] {
  const { data: partner } = pairs.partner;
  return [
    {
      ...imageColumn(
        'partner',
        { title: 'partner', symbol: 'x̃', name: 'partner' },
        gatherRows(images, [...partner]),
      ),
      labels: partner.map((n) => labels[n] ?? -1),
    },
    {
      ...imageColumn(
        'xMix',
        { title: 'λ·x + (1−λ)·x̃', symbol: 'xₘᵢₓ', name: 'mixed' },
        mixedRows(images, pairs),
      ),
      labels: mostlyShown(labels, pairs),
    },
  ];
}

export function pairFacts({ lambda, partner }: Pairs, labels: Int32Array): PreviewFact[] {
  return [
    {
      name: 'Mixing coefficient',
      symbol: 'λ',
      about: 'the share of x in the mixed image',
      values: lambda.data,
    },
    {
      name: 'Class of the partner',
      symbol: 'ỹ',
      format: 'class',
      values: Float32Array.from(partner.data, (n) => labels[n] ?? NaN),
    },
  ];
}

/** The class of the image that has the larger share in each mixture. */
export function mostlyShown(labels: Int32Array, { lambda, partner }: Pairs): Int32Array {
  return labels.map((label, n) =>
    (lambda.data[n] ?? 1) >= 0.5 ? label : (labels[partner.data[n] ?? -1] ?? label),
  );
}
