import type { SampleGrid } from '../../src/core/records/run-files';
import { className } from '../text/class-name';
import { NONE, percent } from '../text/format';

type Fact = NonNullable<SampleGrid['rows'][number]['facts']>[number];

/** The value of a fact of an image, with its unit. @param digits after the point */
export function factValue(grid: SampleGrid, { value, format, unit }: Fact, digits: number): string {
  if (value === null) return NONE;
  if (format === 'class') return className(grid, value);
  if (format === 'percent') return percent(value, digits - 2);
  // What is small keeps two digits that say something.
  const isSmall = value !== 0 && Math.abs(value) < 10 ** (1 - digits);
  const shown = (isSmall ? value.toPrecision(2) : value.toFixed(digits)).replaceAll('-', '−');
  return unit === undefined ? shown : `${shown}\u202f${unit}`;
}

/** A fact beside an image, where there is little room. */
export function shortFact(grid: SampleGrid, fact: Fact): string {
  return `${fact.symbol ?? fact.name} ${factValue(grid, { ...fact, unit: undefined }, 2)}`;
}

/** What hovering over it tells. */
export function factHint({ name, about }: Fact): string {
  return about === undefined ? name : `${name}: ${about}`;
}
