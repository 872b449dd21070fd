import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import * as z from 'zod';
import { activated, tinyExperiment, writeText } from './workspace';

const lensList = z.array(
  z.object({ command: z.object({ title: z.string(), arguments: z.array(z.unknown()).optional() }) }),
);

describe('the sweep of an experiment file', () => {
  before(() => activated());

  const withSweep = (epsilons: unknown[]): string => {
    const sweep = JSON.stringify({ grid: { 'method.epsilon': epsilons }, seeds: 2 });
    return tinyExperiment('swept', 1).replace(/\}$/, `, "sweep": ${sweep} }`);
  };

  it('is started as a whole by a lens above it, which says how many runs it makes', async () => {
    const file = await writeText('sweep-lens.m2at.json', withSweep(['4/255', '8/255', '16/255']));
    const document = await vscode.workspace.openTextDocument(file);
    assert.deepEqual(vscode.languages.getDiagnostics(document.uri), []);
    const found = lensList.parse(
      await vscode.commands.executeCommand('vscode.executeCodeLensProvider', file),
    );
    assert.deepEqual(
      found.map(({ command }) => [command.title, command.arguments?.[2]]),
      [['$(run-all) Start all 6 runs', { all: true }]],
    );
  });

  it('has a wrong value marked where it stands, once for all runs', async () => {
    const text = withSweep(['4/255', 'much']);
    const file = await writeText('sweep-wrong.m2at.json', text);
    const document = await vscode.workspace.openTextDocument(file);
    const problems = vscode.languages.getDiagnostics(document.uri);
    assert.deepEqual(
      problems.map(({ range }) => document.getText(range)),
      ['"much"'],
    );
    assert.match(problems[0]?.message ?? '', /^sweep\.grid\.method\.epsilon\[1\] must be/);
  });
});
