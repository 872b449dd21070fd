import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { root } from '../../support/root';

const folders = ['bench', 'docs', 'examples', 'media', 'scripts', 'src', 'test', 'webview'];
/** Every file and folder that may be mentioned, by its path below the root. */
const names = [
  ...readdirSync(root, { withFileTypes: true }).flatMap((entry) => (entry.isFile() ? [entry.name] : [])),
  ...folders.flatMap((top) => [
    top,
    ...readdirSync(path.join(root, top), { recursive: true, encoding: 'utf8' }).map((name) =>
      path.posix.join(top, ...name.split(path.sep)),
    ),
  ]),
];
const known = new Set(
  names.flatMap((name) => name.split('/').map((_, n, parts) => parts.slice(n).join('/'))),
);

const COMMENT = /(?<=^|\s)(?:\/\*[\s\S]*?\*\/|\/\/.*$)/gm;
/** A module or a page; `model.ts:42` is the place of an error. */
const FILE = /(?<![\w/.*$}-])(?:\.{1,2}\/)*([\w./-]*[\w-]\.(?:md|tsx?|mjs|mts))\b(?!:\d)/g;
const PATH = new RegExp(`\`((?:${folders.join('|')})/[\\w./-]*)\``, 'g');
const LINK = /\{@link\s+(\w+)/g;

/** The mentions in a comment or a page that lead nowhere. */
function lost(text: string): string[] {
  const files = [...text.matchAll(FILE), ...text.matchAll(PATH)].map(([, name = '']) => name);
  // NAME stands for any.
  return files.filter(
    (name) => !known.has(path.posix.normalize(name).replace(/\/$/, '')) && !name.includes('NAME'),
  );
}

/** The mentions in the comments of a module that lead nowhere. */
function lostIn(code: string): string[] {
  const comments = [...code.matchAll(COMMENT)].map(([comment]) => comment).join('\n');
  const words = new Set(code.replaceAll(COMMENT, '').match(/\w+/g));
  const links = [...comments.matchAll(LINK)].map(([, name = '']) => name);
  return [...lost(comments), ...links.filter((name) => !words.has(name)).map((name) => `{@link ${name}}`)];
}

/** What an anchor of a page is called after. */
function anchorsOf(page: string): string[] {
  const headings = readFileSync(path.join(root, page), 'utf8').match(/^#+ .*$/gm) ?? [];
  return headings.map((line) =>
    line
      .replace(/^#+ /, '')
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
}

/** The links of a page that lead nowhere. */
function lostLinks(page: string, text: string): string[] {
  return [...text.matchAll(/\]\((?!https?:)([\w./-]*)(?:#([\w-]+))?\)/g)].flatMap(
    ([link, file = '', anchor]) => {
      const target = file === '' ? page : path.posix.join(path.posix.dirname(page), file);
      const leads = names.includes(target) && (anchor === undefined || anchorsOf(target).includes(anchor));
      return leads ? [] : [link];
    },
  );
}

const read = (name: string): string => readFileSync(path.join(root, name), 'utf8');

describe('mentions of files, pages and names', () => {
  it('in comments lead somewhere', () => {
    for (const name of names.filter((file) => /\.(tsx?|mjs|mts)$/.test(file))) {
      assert.deepEqual(lostIn(read(name)), [], name);
    }
  });

  // Those that show how something is added name the files that a reader makes; tests of their own read them.
  const pages = names.filter((name) => name.endsWith('.md') && !path.basename(name).startsWith('adding-'));
  it('in pages lead somewhere, and so do links with their anchors', () => {
    for (const page of pages) {
      const text = read(page);
      assert.deepEqual([...lost(text), ...lostLinks(page, text)], [], page);
    }
  });

  it('that lead nowhere are found', () => {
    const slashes = '/'.repeat(2);
    const code = [
      '/** As docs/none.md says, and `./none.ts`; {@link none}, but {@link here} and docs/cli.md. */',
      `const here = 'docs/text.md'; ${slashes} see src/core/none.mjs, at model.ts:42`,
      `const none1 = here; ${slashes} and \`test/none\`, not \`test/unit\``,
    ].join('\n');
    const found = ['docs/none.md', 'none.ts', 'src/core/none.mjs', 'test/none', '{@link none}'];
    assert.deepEqual(lostIn(code), found);
    const links =
      '[a](cli.md) [b](none.md) [c](cli.md#exit-codes) [d](#none) [e](https://example.org/none.md)';
    assert.deepEqual(lostLinks('docs/cli.md', links), ['](none.md)', '](#none)']);
  });
});
