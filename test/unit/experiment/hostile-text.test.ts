import assert from 'node:assert/strict';
import { MAX_EXPERIMENT_LENGTH } from '../../../src/core/experiment/experiment-tree';
import { parseExperiment } from '../../../src/core/experiment/parse-experiment';
import { completionsAt, hoverAt } from '../../../src/extension/experiment/experiment-completions';
import { runPlaces } from '../../../src/extension/experiment/experiment-places';

/** Texts that somebody wrote to keep an editor busy: a quarter of what they may be, where that is enough. */
describe('a hostile experiment text', () => {
  const filled = (start: string, piece: string, end = '', size = MAX_EXPERIMENT_LENGTH / 4): string =>
    start + piece.repeat(Math.floor((size - start.length - end.length) / piece.length)) + end;
  const numbered = (line: (n: number) => string, count: number): string =>
    Array.from({ length: count }, (_, n) => line(n)).join('');
  const nested = '['.repeat(100_000) + ']'.repeat(100_000);
  const texts: [what: string, text: string, expected: RegExp][] = [
    [
      'nested lists',
      `{"model": ${nested}}`,
      /^The file has lists and objects that are nested more than 100 deep\.$/,
    ],
    ['nested objects', '{"a":'.repeat(100_000), /nested more than 100 deep/],
    ['nested behind a comment', `// "\n${nested}`, /nested more than 100 deep/],
    [
      'more than is read',
      filled('', ' ', 'x', MAX_EXPERIMENT_LENGTH) + ' ',
      /The file has 1048577 characters; .* at most 1048576\.$/,
    ],
    ['unknown keys', `{${numbered((n) => `"methot${n}":0,`, 15_000)}}`, /methot/],
    ['one key many times', filled('{', '"a":0,', '}'), /given twice/],
    ['no commas', filled('[', '1 '), /a comma is missing/],
    ['a long key', `{"${'k'.repeat(250_000)}": 1}`, /kkk/],
    ['a long word', filled('{"name": ', 'a', ' }'), /not understood/],
    ['quotes', filled('', '"'), /not valid JSON/],
    ['line breaks', filled('{"name": "', '\n', '"}'), /not valid JSON/],
    [
      'unknown keys in each of 64 runs',
      `{"runs": [${numbered((n) => `{"name": "run${n}"},`, 64)}], ${numbered((n) => `"modle${n}":0,`, 12_000)}}`,
      /modle/,
    ],
  ];
  for (const [what, text, expected] of texts) {
    it(`${what}: problems, and soon`, () => {
      const started = performance.now();
      const { problems = [] } = parseExperiment(text);
      const shown = problems.map(({ field, message }) => (field + ' ' + message).trim());
      assert.match(shown.join('\n'), expected);
      assert.ok(problems.length <= 200);
      for (const offset of [1, text.length >> 1, text.length - 2]) {
        completionsAt(text, offset);
        hoverAt(text, offset);
      }
      runPlaces(text);
      const seconds = (performance.now() - started) / 1000;
      assert.ok(seconds < 10, `${seconds} s`);
    });
  }
});
