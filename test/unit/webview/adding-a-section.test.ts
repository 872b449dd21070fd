import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import ts from 'typescript';

const read = (file: string): string => readFileSync(file, 'utf8').replaceAll('\r\n', '\n');
const folder = 'webview/sections';
const files = readdirSync('webview', { recursive: true, encoding: 'utf8' })
  .map((name) => path.posix.join('webview', ...name.split(path.sep)))
  .filter((name) => name.endsWith('.ts'));

const defined = files.filter((file) => /\bdefineSection\(\{/.test(read(file)));

/** The file that defines the section which a file belongs to. */
const sectionOf = (file: string): string | undefined =>
  defined.find((one) => {
    const room = path.posix.dirname(one);
    return file === one || (room !== folder && file.startsWith(`${room}/`));
  });

const imports = new Map(
  files.map((file) => {
    const { importedFiles } = ts.preProcessFile(read(file));
    return [
      file,
      importedFiles.map(({ fileName }) => `${path.posix.join(path.posix.dirname(file), fileName)}.ts`),
    ];
  }),
);

describe('the sections of the dashboard', () => {
  it('are all in the list, and named nowhere else', () => {
    assert.ok(defined.length > 10);
    const index = `${folder}/index.ts`;
    for (const section of defined) {
      const importing = files.filter((file) =>
        imports.get(file)?.some((from) => sectionOf(from) === section),
      );
      const outside = importing.filter((file) => sectionOf(file) !== section);
      assert.deepEqual(outside, [index], `importers of ${section}`);
    }
  });
});

describe('docs/adding-a-section.md', () => {
  it('shows the example that the tests draw, as a file of webview/sections', () => {
    const example = read('test/e2e/toy-section/best-evaluation.ts')
      .replaceAll('../../../webview/sections/', './')
      .replaceAll('../../../webview/', '../');
    const doc = read('docs/adding-a-section.md');
    assert.ok(doc.includes('```ts\n' + example + '```'), 'copy best-evaluation.ts into the page');
  });
});
