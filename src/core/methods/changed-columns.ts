import { gatherRows } from '../attacks/base/batch-rows';
import { M2atError } from '../errors';
import type { DrawnBatch, Preview, PreviewColumn } from './method';
import type { Pairs } from './pairs';
import { imageColumn } from './preview-columns';

type Heading = Partial<Pick<PreviewColumn, 'title' | 'name' | 'about'>>;

/** Keys of the columns that show what an option began with, and what it made of it: the latter is where methods begin. */
const [begun, made] = ['x0', 'x'];

/**
 * The sample grid of a method whose images are mixed ones: with the image that a row is of and its partner first, and their
 * shares. What the network sees in the method's own pictures is right if it is what has the larger share.
 */
export function showMixed(
  { columns, facts = [], ...rest }: Preview,
  { unmixed, labels }: Pick<DrawnBatch, 'unmixed' | 'labels'>,
  { lambda, partner }: Pairs,
  heading: Heading,
): Preview {
  if (!unmixed) throw new M2atError('internal', 'A batch lacks the images that it is mixed of.');
  const partners = partner.data.map((n) => unmixed.labels[n] ?? -1);
  return {
    ...rest,
    columns: [
      imageColumn(begun, { title: 'x₀', symbol: 'x₀', name: 'clean' }, unmixed.images),
      {
        ...imageColumn(
          'partner0',
          { title: 'partner', symbol: 'x̃₀', name: 'partner' },
          gatherRows(unmixed.images, [...partner.data]),
        ),
        labels: partners,
      },
      ...columns.map((column) => ({
        labels,
        ...column,
        ...(column.key === made && heading),
      })),
    ],
    facts: [
      { name: 'Share of the image', symbol: 'λ₀', about: 'of x₀ in x', values: lambda.data },
      {
        name: 'Class of the partner',
        symbol: 'ỹ₀',
        format: 'class',
        values: Float32Array.from(partners),
      },
      ...facts,
    ],
  };
}

/** The sample grid of a method whose images were changed one by one, before they were mixed. */
export function showChanged(preview: Preview, heading: Heading): Preview {
  const { columns } = preview;
  const first = columns.some(({ key }) => key === begun) ? begun : made;
  return {
    ...preview,
    columns: columns.map((column) => (column.key === first ? { ...column, ...heading } : column)),
  };
}
