import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import * as z from 'zod';
import { combinationsOf, combinationsTable } from '../../../scripts/lib/combinations-table.mjs';
import { M2atError } from '../../../src/core/errors';
import { experimentJsonSchema } from '../../../src/core/experiment/json-schema';
import { parseExperiment } from '../../../src/core/experiment/parse-experiment';
import { refusalProblems } from '../../../src/core/experiment/refusal-problems';
import { defineOption } from '../../../src/core/methods/define-option';
import { refusalsOfMethod, refusalsOfOption } from '../../../src/core/methods/refusal-conditions';
import type { Registry } from '../../../src/core/registry/registry';
import { builtIn } from '../../../src/core/registry/registry';
import { trainRun } from '../../../src/core/training/train-run';
import { completionsAt, hoverAt } from '../../../src/extension/experiment/experiment-completions';
import { tinyDataset, tinyExperiment } from '../training/tiny-task';

/** Refuses another option always, and one only with a value of its own. */
const picky = defineOption({
  name: 'picky',
  schema: z.strictObject({ kind: z.enum(['mild', 'strict', 'other']).default('mild') }),
  refuses: ({ kind }) => ({
    epsilonWarmup: 'it is picky',
    ...(kind === 'strict' && { gradientClip: 'it is strict' }),
  }),
  apply: () => (method) => method,
});
const lists: Registry = { ...builtIn, options: [...builtIn.options, picky] };

const file = (method: object, options: object): object => ({
  dataset: { name: 'cifar10' },
  model: { name: 'small-cnn' },
  method,
  options,
});
const problemsOf = (content: object): string[] =>
  (parseExperiment(JSON.stringify(content), lists).problems ?? []).map(
    ({ field, message }) => `${field} ${message}`,
  );

describe('a combination without a meaning', () => {
  const noEpsilon =
    "options.epsilonWarmup can't be combined with the method standard: it has no epsilon that could grow";

  it('is refused where the file says it, with the reason', () => {
    assert.deepEqual(problemsOf(file({ name: 'standard' }, { epsilonWarmup: 0.5 })), [noEpsilon]);
    assert.deepEqual(problemsOf(file({ name: 'pgd-at' }, { epsilonWarmup: 0.5 })), []);
    assert.deepEqual(problemsOf(file({ name: 'pgd-at' }, { epsilonWarmup: 0.5, picky: {} })), [
      "options.epsilonWarmup can't be combined with options.picky: it is picky",
    ]);
    const clipped = (kind: string): string[] =>
      problemsOf(file({ name: 'pgd-at' }, { gradientClip: 1, picky: { kind } }));
    assert.deepEqual(clipped('mild'), []);
    assert.deepEqual(clipped('strict'), [
      "options.gradientClip can't be combined with options.picky: it is strict",
    ]);
  });

  it('is refused of a batch in parts', () => {
    const inParts = (method: string, options: object, accumulate: number): string[] => {
      const experiment = tinyExperiment({ method: { name: method }, options });
      const training = { ...experiment.training, accumulate };
      return refusalProblems({ ...experiment, training }, lists).map(
        ({ path, message }) => `${path.join('.')} ${message}`,
      );
    };
    const refused = "training.accumulate can't be combined with";
    assert.ok(inParts('pgd-at', { awp: {} }, 2).join().startsWith(`${refused} options.awp: `));
    assert.ok(inParts('free', {}, 2).join().startsWith(`${refused} the method free: `));
    assert.deepEqual([...inParts('pgd-at', { awp: {} }, 1), ...inParts('pgd-at', {}, 2)], []);
    assert.match(
      problemsOf(file({ name: 'free' }, { awp: {} })).join(),
      /^options\.awp can't be combined with the method free: /,
    );
  });

  it('is refused of one of several runs, at the entry or in the rest of the file', () => {
    const runs = [{ name: 'a' }, { name: 'b', method: { name: 'standard' } }];
    const several = { ...file({ name: 'pgd-at' }, { epsilonWarmup: 0.5 }), runs };
    assert.deepEqual(problemsOf(several), [noEpsilon]);
    const own = { ...file({ name: 'standard' }, {}), runs: [{ name: 'a', options: { epsilonWarmup: 1 } }] };
    assert.deepEqual(problemsOf(own), [`runs[0].${noEpsilon}`]);
  });

  it('is refused by trainRun, before anything is written', async () => {
    const experiment = tinyExperiment({ method: { name: 'standard' }, options: { epsilonWarmup: 0.5 } });
    const { signal } = new AbortController();
    await assert.rejects(
      trainRun({
        ...{ experiment, signal, root: 'nowhere', onEvent: () => undefined },
        resources: { dataset: tinyDataset() },
      }),
      (error: unknown) =>
        error instanceof M2atError &&
        error.code === 'bad-input' &&
        error.message.includes('no epsilon that could grow') &&
        error.where === 'options.epsilonWarmup',
    );
  });

  it('is not offered by the editor, whose hover says why', () => {
    const keys = (text: string): string[] =>
      completionsAt(text.replace('|', ''), text.indexOf('|'), lists).map(({ label }) => label);
    assert.ok(!keys('{ "method": { "name": "standard" }, "options": { | } }').includes('"epsilonWarmup"'));
    assert.ok(keys('{ "method": { "name": "pgd-at" }, "options": { | } }').includes('"epsilonWarmup"'));
    const beside = '{ "method": { "name": "pgd-at" }, "options": { "picky": { "kind": "strict" }, | } }';
    assert.deepEqual(
      keys(beside).filter((key) => key === '"epsilonWarmup"' || key === '"gradientClip"'),
      [],
    );
    const entry =
      '{ "options": {}, "runs": [{ "name": "a", "method": { "name": "standard" }, "options": { | } }] }';
    assert.ok(!keys(entry).includes('"epsilonWarmup"'));
    const text = '{ "method": { "name": "standard" }, "options": { "epsilonWarmup": 1 } }';
    assert.match(
      hoverAt(text, text.indexOf('epsilonWarmup') + 2, lists)?.lines[0] ?? '',
      /^Here it can't be combined with the method standard: it has no epsilon/,
    );
  });

  it('is refused by the JSON schema, also where it depends on a value', () => {
    const { then, properties } = experimentJsonSchema(lists);
    const { runs } = Object(properties) as { runs?: unknown };
    const text = JSON.stringify(then);
    const refused = (key: string, reason: string): string =>
      `{"properties":{"options":{"properties":{"${key}":{"not":{},"errorMessage":"${reason}","doNotSuggest":true}}}}}`;
    assert.ok(
      text.includes(
        '{"if":{"required":["method"],"properties":{"method":{"required":["name"],"properties":{"name":{"const":"standard"}}}}},"then":' +
          refused('epsilonWarmup', 'it has no epsilon that could grow'),
      ),
    );
    assert.ok(
      text.includes(
        '"properties":{"picky":{"required":["kind"],"properties":{"kind":{"enum":["strict"]}}}}}}},"then":' +
          refused('gradientClip', 'it is strict'),
      ),
    );
    assert.ok(JSON.stringify(runs).includes(refused('epsilonWarmup', 'it is picky')));
  });
});

describe('the table of combinations', () => {
  const table = (registry: Registry): string =>
    combinationsTable(
      registry,
      {
        ofMethod: (method) => refusalsOfMethod(method, registry.options),
        ofOption: refusalsOfOption,
      },
      ['accumulate'],
    );
  const cells = (text: string): string[][] =>
    text
      .split('\n')
      .filter((line) => line.startsWith('|') && !/^[|\s-]+$/.test(line))
      .map((line) => line.split('|').map((cell) => cell.trim()));
  const notes = (text: string): string[] => text.split('\n').filter((line) => /^\d+\. /.test(line));

  it('in docs/methods.md is what the code refuses (npm run schema writes it)', () => {
    const stored = combinationsOf(readFileSync('docs/methods.md', 'utf8'));
    const made = table(builtIn);
    assert.deepEqual(cells(stored), cells(made));
    assert.deepEqual(notes(stored), notes(made));
    assert.equal(cells(made).length, 1 + builtIn.methods.length + builtIn.options.length);
  });

  it('says of a pair that it is refused, always or with some values, from both sides', () => {
    const made = table({ ...lists, options: lists.options.filter(({ name }) => name !== 'awp') });
    const [heads = [], ...rows] = cells(made);
    const cell = (row: string, column: string): string =>
      rows.find(([, name]) => name === `**${row}**`)?.[heads.indexOf(`\`${column}\``)] ?? 'none';
    const note = (text: string): string => {
      const [, number = ''] = /\((\d+)\)/.exec(text) ?? [];
      return notes(made).find((line) => line.startsWith(`${number}. `)) ?? '';
    };
    assert.equal(cell('pgd-at', 'epsilonWarmup'), 'yes');
    assert.match(cell('standard', 'epsilonWarmup'), /^no \(\d+\)$/);
    assert.equal(cell('picky', 'epsilonWarmup'), cell('epsilonWarmup', 'picky'));
    assert.match(note(cell('picky', 'epsilonWarmup')), /it is picky\.$/);
    assert.match(cell('picky', 'gradientClip'), /^yes, but \(\d+\)$/);
    assert.match(note(cell('gradientClip', 'picky')), /`picky` with `kind` `"strict"`: it is strict\.$/);
  });
});
