import { gatherRows } from '../attacks/base/batch-rows';
import type { NdArray } from '../engine/arrays/nd-array';
import type { PreviewColumn, PreviewFact } from './method';
import { mixedRows, type Pairs } from './pairs';
import { imageColumn } from './preview-columns';

/** The partner of each image, and the mixture of the two. */
export function pairColumns(images: NdArray<'float32'>, pairs: Pairs): PreviewColumn[] {
  return [
    imageColumn(
      'partner',
      { title: 'partner', symbol: 'x̃', name: 'partner' },
      gatherRows(images, [...pairs.partner.data]),
    ),
    imageColumn('xMix', { title: 'λ·x + (1−λ)·x̃', symbol: 'xₘᵢₓ', name: 'mixed' }, mixedRows(images, pairs)),
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
