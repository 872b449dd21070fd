import type { SampleGrid } from '../../src/core/records/run-files';

/** The name of a class; `class 7` where nobody has a name for it. */
export function className({ classNames }: Pick<SampleGrid, 'classNames'>, label: number): string {
  return classNames[label] ?? `class ${label}`;
}
