import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { ESLint } from 'eslint';
import ts from 'typescript';
import { forbidden, roomOf, rooms, sees } from '../../../scripts/lib/rooms.mjs';
import { root } from '../../support/root';

const RULE = 'rooms/imports-down';
/** Every file of the product, by its path below the root. */
const files = ['src', 'webview'].flatMap((top) =>
  readdirSync(path.join(root, top), { recursive: true, encoding: 'utf8' })
    .map((name) => path.posix.join(top, ...name.split(path.sep)))
    .filter((name) => /\.tsx?$/.test(name) && !name.endsWith('.d.ts')),
);

/** The files of the product that a file imports. */
function importsOf(file: string): string[] {
  // What a definition loads when it is needed may know the definition's types.
  const text = readFileSync(path.join(root, file), 'utf8').replaceAll(/await import\('[^']*'\)/g, '');
  const { importedFiles } = ts.preProcessFile(text, true, true);
  return importedFiles.flatMap(({ fileName }) => {
    if (!fileName.startsWith('.')) return [];
    const target = path.posix.join(path.posix.dirname(file), fileName);
    return [`${target}.ts`, `${target}.tsx`, `${target}/index.ts`].filter((name) => files.includes(name));
  });
}

describe('the rooms of the product', () => {
  // The project's own configuration; types aren't needed for this rule, and take long to read.
  const eslint = new ESLint({
    cwd: root,
    overrideConfig: { languageOptions: { parserOptions: { project: false } } },
    ruleFilter: ({ ruleId }) => ruleId === RULE,
  });
  const refused = async (from: string, to: string, form = 'import {} from'): Promise<string[]> => {
    const up = path.posix.relative(from, to);
    const source = up.startsWith('.') ? up : `./${up}`;
    const code = form.includes('%')
      ? form.replace('%', `'${source}/planted'`)
      : `${form} '${source}/planted';`;
    const [result] = await eslint.lintText(code, { filePath: path.join(root, from, 'planted.ts') });
    assert.ok(result);
    assert.ok(result.messages.every(({ ruleId }) => ruleId === RULE));
    return result.messages.map(({ message }) => message);
  };

  it('hold every file', () => {
    assert.deepEqual(
      files.filter((file) => roomOf(file) === undefined),
      [],
    );
    for (const room of rooms.flat())
      assert.ok(
        files.some((file) => roomOf(file) === room),
        room,
      );
    assert.deepEqual(
      Object.entries(sees).flatMap(([room, seen]) => [room, ...seen].filter((name) => roomOf(name) !== name)),
      [],
    );
  });

  it('import downwards only: lint refuses what is planted in every pair of neighbours', async () => {
    for (const [level, list] of rooms.entries()) {
      for (const room of list) {
        for (const above of rooms[level + 1] ?? []) {
          assert.match((await refused(room, above)).join(), /^Imports go down only/, `${room} -> ${above}`);
          const down = await refused(above, room);
          assert.equal(down.length > 0, forbidden(above, room) !== undefined, `${above} -> ${room}`);
        }
        for (const other of list) {
          if (other !== room) assert.match((await refused(room, other)).join(), /know nothing of each other/);
        }
      }
    }
  });

  it('import downwards only: these were not refused once', async () => {
    for (const [from, to] of [
      ['src/core/data', 'src/core/training'],
      ['src/core/attacks', 'src/core/runs'],
      ['src/core/attacks/base', 'src/core/attacks/plan'],
      ['src/core/attacks/gradient', 'src/core/attacks/scores'],
      ['src/extension/attack', 'src/core/attacks/evaluation'],
      ['src/core/engine/kernels', 'src/core/report'],
      ['src/core/engine', 'src/core/jobs'],
      ['src/worker', 'src/cli'],
      ['webview/sections', 'src/core/training'],
      ['src/extension/commands', 'src/core/engine/sessions'],
      ['src/core', 'src/protocol'],
      ['src/extension/runs', 'src/core/attacking'],
      ['webview/state', 'src/extension/runs'],
    ] as const) {
      assert.equal((await refused(from, to)).length, 1, `${from} -> ${to}`);
    }
  });

  it('import downwards only, whatever the form', async () => {
    for (const form of [
      'import {} from %',
      'import type {} from %',
      'export * from %',
      'export {} from %',
      'import %',
      'const late = await import(%)',
      'type Late = import(%).Late',
      'import late = require(%)',
      'const late = require(%)',
    ]) {
      assert.equal((await refused('src/core/data', 'src/core/runs', form)).length, 1, form);
      assert.equal((await refused('src/core/runs', 'src/core/data', form)).length, 0, form);
    }
  });

  it('have no circle of files', () => {
    const done = new Set<string>();
    const visit = (file: string, path: readonly string[]): void => {
      assert.ok(!path.includes(file), [...path.slice(path.indexOf(file)), file].join(' -> '));
      if (done.has(file)) return;
      for (const next of importsOf(file)) visit(next, [...path, file]);
      done.add(file);
    };
    for (const file of files) visit(file, []);
    assert.equal(done.size, files.length);
  });
});
