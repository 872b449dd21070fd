import type { SampleGrid } from '../../src/core/records/run-files';

type Column = SampleGrid['columns'][number];

export interface ColumnHeading {
  /** Short enough to stand over a tile. */
  readonly symbol: string;
  /** What it is, in a word; may be empty. */
  readonly name: string;
}

/** Columns of the training methods and attacks of this project; others show their own title. */
const headings: Readonly<Record<string, ColumnHeading>> = {
  x: { symbol: 'x', name: 'clean' },
  delta: { symbol: 'δ', name: 'amplified' },
  mask: { symbol: 'M', name: 'mask' },
  x1: { symbol: 'x₁', name: 'inside M' },
  x2: { symbol: 'x₂', name: 'outside M' },
  xMix: { symbol: 'xₘᵢₓ', name: 'mixed' },
  xAdv: { symbol: 'x + δ', name: 'adversarial' },
};

/** The two lines over a column of pictures. */
export function columnHeading({ key, title }: Column): ColumnHeading {
  return headings[key] ?? { symbol: title, name: '' };
}
