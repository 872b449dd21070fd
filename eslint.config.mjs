import js from '@eslint/js';
import prettier from 'eslint-config-prettier';
import tseslint from 'typescript-eslint';
import importsDown from './scripts/lib/lint/imports-down.mjs';
import onlyImporter from './scripts/lib/lint/only-importer.mjs';
import { htmlSinks, shownText } from './scripts/lib/lint/shown-text.mjs';

const zodWhole = {
  selector: "ImportDeclaration[source.value='zod'] > ImportSpecifier",
  message: "Write import * as z from 'zod': the other form puts all of zod into a bundle, used or not.",
};

/** What changes something in a file system, with the forms that would let it in unseen. */
const writing = [
  ...['appendFile', 'chmod', 'chown', 'copyFile', 'cp', 'lchown', 'link', 'lutimes', 'mkdir', 'mkdtemp'],
  ...['open', 'rename', 'rm', 'rmdir', 'symlink', 'truncate', 'unlink', 'utimes', 'writeFile'],
].flatMap((name) => [name, `${name}Sync`]);
/** What reads, with no limit of its own and whatever is there. */
const reading = [
  ...['createReadStream', 'openAsBlob'],
  ...['open', 'opendir', 'readFile', 'readdir'].flatMap((name) => [name, `${name}Sync`]),
];
const fileSystem = (importNames, message) =>
  ['node:fs', 'node:fs/promises', 'fs', 'fs/promises'].map((name) => ({ name, importNames, message }));
const unsafeReading = fileSystem(
  ['default', 'promises', ...reading],
  'What is read goes through src/core/files: a limit, and regular files only.',
);
const unsafe = fileSystem(
  ['default', 'promises', 'createWriteStream', ...reading, ...writing],
  'What is read or written of a run goes through src/core/files: a limit, no links, and private files.',
);

export default tseslint.config(
  { ignores: ['node_modules', 'dist', 'out', '.vscode-test', '.m2at', '.cache', 'test-results'] },
  js.configs.recommended,
  {
    files: ['**/*.{ts,mts,cts,js,mjs,cjs}'],
    // Lists of names, which import nothing.
    ignores: ['src/core/engine/runtime/onnx-runtime.ts', 'scripts/build.mjs', 'eslint.config.mjs'],
    plugins: { m2at: onlyImporter },
    rules: {
      'm2at/only-importer': [
        'error',
        {
          package: 'onnxruntime-node',
          importer: 'src/core/engine/runtime/onnx-runtime.ts',
          why: 'it turns telemetry off before the library loads.',
        },
      ],
    },
  },
  // Types of plain modules: what is declared here is used elsewhere.
  {
    files: ['**/*.d.mts'],
    languageOptions: { parser: tseslint.parser },
    rules: { 'no-unused-vars': 'off', 'no-undef': 'off' },
  },
  {
    files: ['**/*.mjs'],
    languageOptions: {
      globals: {
        Buffer: 'readonly',
        URL: 'readonly',
        clearTimeout: 'readonly',
        console: 'readonly',
        fetch: 'readonly',
        process: 'readonly',
        setTimeout: 'readonly',
      },
    },
  },
  {
    files: ['**/*.ts'],
    extends: [...tseslint.configs.strictTypeChecked, ...tseslint.configs.stylisticTypeChecked],
    languageOptions: {
      parserOptions: {
        project: ['./tsconfig.json', './webview/tsconfig.json'],
        tsconfigRootDir: import.meta.dirname,
      },
    },
    rules: {
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowBoolean: true },
      ],
      '@typescript-eslint/no-non-null-assertion': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true },
      ],
      '@typescript-eslint/consistent-type-imports': 'error',
      'no-restricted-syntax': ['error', zodWhole],
    },
  },
  {
    files: ['src/core/attacks/**/*.ts', 'src/core/methods/**/*.ts'],
    ignores: ['src/core/attacks/base/image-gradient.ts'],
    rules: {
      'no-restricted-syntax': [
        'error',
        zodWhole,
        {
          selector:
            'MemberExpression[property.name=/^(grad|grads|valueAndGrad|valueAndGrads|variableGrads)$/]',
          message:
            'Take gradients with src/core/attacks/base/image-gradient.ts, which keeps them finite: an attack that follows NaN stands still.',
        },
      ],
    },
  },
  {
    files: ['src/extension/**/*.ts'],
    ignores: ['src/extension/show/**'],
    rules: { 'no-restricted-syntax': ['error', zodWhole, ...shownText] },
  },
  {
    files: ['webview/**/*.ts'],
    rules: { 'no-restricted-syntax': ['error', zodWhole, ...htmlSinks] },
  },
  {
    files: ['src/**/*.ts', 'webview/**/*.ts'],
    plugins: { rooms: importsDown },
    rules: { 'rooms/imports-down': 'error' },
  },
  {
    files: ['src/**/*.ts', 'webview/**/*.ts'],
    ignores: ['src/extension/**'],
    rules: { 'no-restricted-imports': ['error', { paths: ['vscode'] }] },
  },
  {
    files: ['src/**/*.ts'],
    ignores: ['src/core/files/**', 'src/core/processes/**'],
    rules: { '@typescript-eslint/no-restricted-imports': ['error', { paths: unsafeReading }] },
  },
  {
    files: ['src/core/{records,runs,attacking,training,jobs}/**/*.ts'],
    rules: { '@typescript-eslint/no-restricted-imports': ['error', { paths: unsafe }] },
  },
  {
    files: ['src/cli/**/*.ts'],
    ignores: ['src/cli/terminal.ts'],
    rules: {
      'no-console': 'error',
      'no-restricted-properties': [
        'error',
        ...['stdout', 'stderr'].map((property) => ({
          object: 'process',
          property,
          message: 'Print with src/cli/terminal.ts, which shows control characters instead of sending them.',
        })),
      ],
      '@typescript-eslint/no-restricted-imports': [
        'error',
        {
          paths: [
            ...unsafeReading,
            ...['process', 'node:process', 'console', 'node:console', 'tty', 'node:tty'],
          ],
        },
      ],
    },
  },
  {
    files: ['test/**/*.ts'],
    rules: { '@typescript-eslint/no-unused-expressions': 'off' },
  },
  prettier,
);
