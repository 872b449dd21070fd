import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import path from 'node:path';
import { installedExtensions } from '../support/folders';
import { useSession } from '../support/vscode/session';

const experiment = {
  dataset: { name: 'cifar10' },
  model: { name: 'small-cnn' },
  method: { name: 'standard' },
};

describe('Restricted Mode', function () {
  this.timeout(300_000);

  let extensions: string | undefined;
  const session = useSession(async () => {
    extensions = await installedExtensions();
    return {
      extensions,
      workspaceTrust: true,
      files: { 'untrusted.m2at.json': JSON.stringify(experiment) },
    };
  });
  after(async () => {
    if (extensions !== undefined) await rm(extensions, { recursive: true, force: true });
  });

  before(async () => {
    await session().workbench.page.getByRole('button', { name: "No, I don't trust the authors" }).click();
  });

  for (const [command, activity] of [
    ['M2AT: Start Training Run…', 'Training'],
    ['M2AT: Attack Checkpoint…', 'An attack'],
  ] as const) {
    it(`${command} says why it does nothing`, async () => {
      const { workbench, workspace } = session();
      await workbench.runCommand(command);
      await workbench.notification(new RegExp(`${activity} .*needs a trusted workspace`)).waitFor();
      assert.ok(!existsSync(path.join(workspace, '.m2at')), 'nothing was started');
    });
  }
});
