import assert from 'node:assert/strict';
import path from 'node:path';
import { ESLint } from 'eslint';
import { root } from '../../support/root';

const RULE = 'm2at/only-importer';

describe('lint refuses an import of ONNX Runtime', () => {
  // The project's own configuration; types aren't needed for this rule, and take long to read.
  const eslint = new ESLint({
    cwd: root,
    overrideConfig: { languageOptions: { parserOptions: { project: false } } },
    ruleFilter: ({ ruleId }) => ruleId === RULE,
  });

  async function refused(file: string, code: string): Promise<boolean> {
    const [result] = await eslint.lintText(code, { filePath: path.join(root, file) });
    assert.ok(result);
    assert.deepEqual(
      result.messages.filter(({ ruleId }) => ruleId !== RULE),
      [],
    );
    return result.messages.length > 0;
  }

  const forms = [
    `import * as ort from 'onnxruntime-node';`,
    `import { Tensor } from 'onnxruntime-node';`,
    `import 'onnxruntime-node';`,
    `import type * as ort from 'onnxruntime-node';`,
    `import type { Tensor } from 'onnxruntime-node';`,
    `import ort = require('onnxruntime-node');`,
    `export * from 'onnxruntime-node';`,
    `export { Tensor } from 'onnxruntime-node';`,
    `export type { Tensor } from 'onnxruntime-node';`,
    `type Tensor = import('onnxruntime-node').Tensor;`,
    `const ort = await import('onnxruntime-node');`,
    'const ort = await import(`onnxruntime-node`);',
    `const ort = require('onnxruntime-node');`,
    `const ort = createRequire(__filename)('onnxruntime-node');`,
    `const name = 'onnxruntime-node'; const ort = await import(name);`,
    `import binding from 'onnxruntime-node/dist/binding.js';`,
    `const binding = require('../node_modules/onnxruntime-node/dist/binding');`,
    'const binding = require(`../node_modules/onnxruntime-node/bin/${platform}`);',
    `const ort = require('..\\\\node_modules\\\\onnxruntime-node');`,
  ];
  const files = [
    'src/core/engine/planted.ts',
    'src/core/attacks/planted.ts',
    'src/core/files/planted.ts',
    'src/worker/planted.ts',
    'src/cli/commands/planted.ts',
    'src/extension/planted.ts',
    'test/unit/engine/planted.test.ts',
    'bench/planted.ts',
    'webview/planted.ts',
  ];
  for (const file of files) {
    it(`in ${file}`, async () => {
      for (const form of forms) assert.ok(await refused(file, form), form);
    });
  }

  it('in scripts', async () => {
    for (const form of [`import * as ort from 'onnxruntime-node';`, `await import('onnxruntime-node');`])
      assert.ok(await refused('scripts/planted.mjs', form), form);
  });

  it('but not its name in records and texts, nor the one module that may', async () => {
    const harmless = [
      `const versions = { 'onnxruntime-node': version };`,
      `const version = versions['onnxruntime-node'];`,
      `const hint = 'fetch it with: node node_modules/onnxruntime-node/script/install.js';`,
      `import * as ort from './onnx-runtime';`,
    ];
    for (const code of harmless) assert.ok(!(await refused('src/core/engine/planted.ts', code)), code);
    assert.ok(
      !(await refused('src/core/engine/runtime/onnx-runtime.ts', `export * from 'onnxruntime-node';`)),
    );
  });
});
