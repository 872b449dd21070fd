import type { ComparedRow } from './compared-row';
import type { CompareCell, CompareColumn } from './compare-columns';

type Test = (row: ComparedRow) => boolean;

const CONDITION = /^(.+?)(<=|>=|!=|=|<|>)(.*)$/;

/**
 * Whether a row has what a filter asks for: every word in some cell, and every condition, such as `epsilon=8/255`,
 * `clean>50` or `method!=m2at`. Words in quotes are one. Accuracies are in percent, times in seconds.
 */
export function rowFilter(filter: string, columns: readonly CompareColumn[]): Test {
  const tests = (filter.match(/"[^"]*"|\S+/g) ?? []).map((word) => testOf(word.replaceAll('"', ''), columns));
  return (row) => tests.every((test) => test(row));
}

function testOf(word: string, columns: readonly CompareColumn[]): Test {
  const [, name = '', operator = '', wanted = ''] = CONDITION.exec(word) ?? [];
  const named = name === '' ? [] : columns.filter((column) => isCalled(column, name));
  if (named.length > 0)
    return (row) => named.some((column) => holds(column, column.cell(row), operator, wanted));
  const text = word.toLowerCase();
  return (row) => columns.some((column) => column.cell(row).text.toLowerCase().includes(text));
}

/** By its whole title or path, or an accuracy by the beginning of its attack's. */
function isCalled({ id, title, kind }: CompareColumn, name: string): boolean {
  const [wanted, known] = [name.toLowerCase(), title.toLowerCase()];
  if (known === wanted || id.toLowerCase() === `setting ${wanted}`) return true;
  return kind === 'accuracy' && known.startsWith(wanted);
}

function holds(
  { kind }: CompareColumn,
  { text, value }: CompareCell,
  operator: string,
  wanted: string,
): boolean {
  const number = Number(wanted);
  const own = kind === 'accuracy' && typeof value === 'number' ? 100 * value : value;
  if (operator === '=' || operator === '!=') {
    const same =
      text.toLowerCase() === wanted.toLowerCase() ||
      (typeof own === 'number' && wanted.trim() !== '' && Math.abs(own - number) < 1e-9);
    return same === (operator === '=');
  }
  if (own === undefined || wanted.trim() === '') return false;
  const [a, b] = typeof own === 'number' && !Number.isNaN(number) ? [own, number] : [text, wanted];
  switch (operator) {
    case '<':
      return a < b;
    case '<=':
      return a <= b;
    case '>':
      return a > b;
    default:
      return a >= b;
  }
}
