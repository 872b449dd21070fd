import path from 'node:path';
import type { FormatDefinition, ModelFiles } from './define-format';

type Formats = readonly FormatDefinition[];

/** What people call the files of these formats, each kind once. */
export function fileNames(formats: Formats, how: Exclude<keyof ModelFiles, 'pattern'>): string[] {
  return [...new Set(formats.map(({ files }) => files[how]))];
}

/** `a, b, or c` */
export function either(names: readonly string[]): string {
  return new Intl.ListFormat('en', { type: 'disjunction' }).format(names);
}

/** For a search of a workspace. */
export function filePatterns(formats: Formats): string[] {
  return [...new Set(formats.map(({ files }) => files.pattern))];
}

/** For a file dialog: what the filter is called, and the extensions. */
export function dialogFilter(formats: Formats): Record<string, string[]> {
  const families = new Intl.ListFormat('en', { type: 'conjunction' }).format(fileNames(formats, 'family'));
  return { [`${families} models`]: filePatterns(formats).map((pattern) => path.extname(pattern).slice(1)) };
}
