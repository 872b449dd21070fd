import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import ts from 'typescript';
import { builtIn } from '../../../src/core/registry/registry';
import { root } from '../../support/root';

interface Kind {
  readonly kind: string;
  readonly names: readonly string[];
  /** Folders and files in which a name may be spelt. */
  readonly homesOf: (name: string) => readonly string[];
  /** Names that are words for something else, too, and the files where they are. */
  readonly otherMeanings?: Readonly<Record<string, readonly string[]>>;
  /** Names that are keys and words in many places. */
  readonly everywhere?: readonly string[];
}

const kinds: readonly Kind[] = [
  {
    kind: 'data set',
    names: builtIn.datasets.map(({ name }) => name),
    // The pair of files that an attack takes, those of a session, …
    everywhere: ['arrays', 'folder'],
    // Sets of one family are in one folder.
    homesOf: (name) => [`src/core/data/sets/${name.split('/')[0] ?? ''}/`],
  },
  {
    kind: 'format',
    names: builtIn.formats.map(({ id }) => id),
    // Graphs of both formats that have them are run in one room, and what tells two kinds of model.json apart is below both.
    homesOf: (id) => [
      ...['src/core/models/formats/', `src/core/models/${id}/`, 'src/core/models/graph/'],
      `src/core/models/is-${id}.ts`,
    ],
  },
  {
    kind: 'method',
    names: builtIn.methods.map(({ name }) => name),
    // Recipes are for people.
    homesOf: (name) => [`src/core/methods/${name}/`, 'src/core/recipes/'],
    otherMeanings: {
      // An attack with these steps.
      'fgsm-rs': ['src/core/attacks/gradient/pgd-variants-definition.ts'],
      // An option, too, which is refused by its name.
      mixup: [
        'src/core/methods/mart/definition.ts',
        'src/core/methods/mixes-pairs.ts',
        'src/core/methods/options/mixup/definition.ts',
      ],
      // A program that gives scores.
      score: ['src/core/attacks/base/score-model.ts'],
      // A version of AutoAttack.
      standard: ['src/core/attacks/ensembles/autoattack.ts', 'src/core/attacks/plan/attack-presets.ts'],
      // Memory, or space, that is free.
      free: [
        'src/core/attacking/attack-loaded.ts',
        'src/core/attacking/attack-memory.ts',
        'src/core/engine/graph/arena.ts',
        'src/core/training/train-run.ts',
        'src/core/training/training-memory.ts',
      ],
      // The program.
      m2at: [
        'src/cli/program.ts',
        'src/core/data/cache-folder.ts',
        'src/core/runs/png-file.ts',
        'src/core/runs/run-lifecycle.ts',
        'src/core/scheduler/control-path.ts',
        'src/core/scheduler/state-folder.ts',
        'src/core/shell-words.ts',
        'src/extension/contributions.ts',
        'src/extension/experiment/experiment-diagnostics.ts',
      ],
    },
  },
  {
    kind: 'attack',
    names: builtIn.attacks.map(({ name }) => name),
    // Attacks name each other: an ensemble its members. Presets are for people.
    homesOf: () => [
      ...['gradient', 'minimal-norm', 'scores', 'decisions', 'ensembles'].map(
        (room) => `src/core/attacks/${room}/`,
      ),
      'src/core/attacks/plan/usual-attacks.ts',
      'src/core/attacks/plan/attack-presets.ts',
      // A method that trains on an attack's examples has its name.
      'src/core/recipes/',
    ],
    // A method that trains on its examples.
    otherMeanings: { 'fgsm-rs': ['src/core/methods/fgsm-rs/definition.ts'] },
  },
];

/** The texts and keys in each file of the product, by its path below the root. */
const texts = new Map(
  ['src', 'webview'].flatMap((top) =>
    readdirSync(path.join(root, top), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts'))
      .map((name) => path.posix.join(top, ...name.split(path.sep)))
      .map((file) => [file, textsOf(readFileSync(path.join(root, file), 'utf8'))] as const),
  ),
);

describe('a name is spelt in its own folder only', () => {
  for (const { kind, names, homesOf, otherMeanings = {}, everywhere = [] } of kinds) {
    for (const name of names) {
      it(`the ${kind} ${name}`, () => {
        const files = [...texts].flatMap(([file, found]) => (found.has(name) ? [file] : []));
        const isHome = (file: string): boolean => homesOf(name).some((home) => file.startsWith(home));
        assert.ok(files.some(isHome), 'its definition spells it');
        if (everywhere.includes(name)) return;
        assert.deepEqual(
          files.filter((file) => !isHome(file)).sort(),
          [...(otherMeanings[name] ?? [])].sort(),
        );
      });
    }
  }

  it('is found as a text, a template or a key, and not in comments', () => {
    const found = textsOf("// 'a'\nconst b = { c: 'd', 'e-f': `g` } satisfies { h: 'i' }; b.j; x(`k${b}l`);");
    assert.deepEqual([...found].sort(), ['c', 'd', 'e-f', 'g', 'h', 'i']);
  });
});

function textsOf(code: string): ReadonlySet<string> {
  const found = new Set<string>();
  const visit = (node: ts.Node): void => {
    if (ts.isStringLiteralLike(node)) found.add(node.text);
    const named = ts.isPropertyAssignment(node) || ts.isPropertySignature(node) ? node.name : undefined;
    if (named && ts.isIdentifier(named)) found.add(named.text);
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile('file.ts', code, ts.ScriptTarget.Latest));
  return found;
}
