import assert from 'node:assert/strict';
import path from 'node:path';
import { ESLint } from 'eslint';
import { root } from '../../support/root';

const extension = [
  `void vscode.window.showInformationMessage(name);`,
  `void vscode.window.showWarningMessage(name, { modal: true, detail: name });`,
  `const show = vscode.window.showErrorMessage;`,
  `const { showErrorMessage } = vscode.window;`,
  `const { window } = vscode;`,
  `const api = vscode;`,
  `void vscode['window'].showErrorMessage(name);`,
  `void vscode.window['showErrorMessage'](name);`,
  `vscode.window.setStatusBarMessage(name);`,
  `vscode.window.createStatusBarItem();`,
  `void vscode.window.withProgress({ location: 15, title: name }, work);`,
  `void vscode.window.showQuickPick([name]);`,
  `vscode.window.createQuickPick();`,
  `void vscode.window.showInputBox({ prompt: name });`,
  `void vscode.window.showOpenDialog({ title: name });`,
  `vscode.window.createOutputChannel('x');`,
  `vscode.window.createTerminal(name);`,
  `new vscode.MarkdownString(name);`,
  `new vscode.TreeItem(name);`,
  `new vscode.CodeLens(range, { title: name, command: 'x' });`,
  `new vscode.Hover(name);`,
  `new vscode.Diagnostic(range, name);`,
  `new vscode.CompletionItem(name);`,
  `item.tooltip = name;`,
  `panel.title = name;`,
  `view.message = name;`,
  `const options = { after: { contentText: name } };`,
  `void vscode.env.openExternal(uri);`,
  `void vscode.commands.executeCommand('vscode.open', uri);`,
  `void vscode.commands.executeCommand('revealFileInOS', uri);`,
  `vscode.debug.activeDebugConsole.append(name);`,
];
const imports = [
  `import { window } from 'vscode';`,
  `import * as code from 'vscode';`,
  `import vscode from 'vscode';`,
  `const code = await import('vscode');`,
  `import code = require('vscode');`,
  `const code = require('vscode');`,
  `export * from 'vscode';`,
  `export { window } from 'vscode';`,
];
const fine = [
  `import * as vscode from 'vscode';`,
  `const editor: vscode.TextEditor | undefined = vscode.window.activeTextEditor;`,
  `new vscode.ThemeIcon('beaker');`,
  `const uri = vscode.Uri.file(name);`,
  `void vscode.commands.executeCommand('workbench.trust.manage');`,
];
const webview = [
  `target.innerHTML = name;`,
  `target.insertAdjacentHTML('beforeend', name);`,
  `document.write(name);`,
  `link.href = name;`,
  `element('a', { text: name });`,
];

/** Lint without types, and the one rule. */
const lint = new ESLint({
  cwd: root,
  overrideConfig: [{ files: ['**/*.ts'], languageOptions: { parserOptions: { project: null } } }],
  ruleFilter: ({ ruleId }) => ruleId === 'no-restricted-syntax',
});

async function complaints(code: string, file: string): Promise<string[]> {
  const [result] = await lint.lintText(code, { filePath: path.join(root, file) });
  return (result?.messages ?? []).map(({ message, fatal }) => (fatal ? `not read: ${message}` : message));
}

describe('lint', function () {
  this.timeout(20_000);

  for (const code of [...extension, ...imports]) {
    it(`refuses in the extension: ${code}`, async () => {
      const found = await complaints(code, 'src/extension/views/planted.ts');
      assert.match(found[0] ?? 'nothing', /src\/extension\/show/);
    });
  }

  it('refuses nothing of what shows no text, and nothing in the one place', async () => {
    for (const code of fine) assert.deepEqual(await complaints(code, 'src/extension/planted.ts'), []);
    assert.deepEqual(await complaints(extension.join('\n'), 'src/extension/show/planted.ts'), []);
  });

  for (const code of webview) {
    it(`refuses in the dashboard: ${code}`, async () => {
      assert.match((await complaints(code, 'webview/controls/planted.ts'))[0] ?? 'nothing', /textContent/);
    });
  }
});
