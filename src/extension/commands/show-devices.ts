import * as vscode from 'vscode';
import { commands, type SettingKey } from '../contributions';
import type { Services } from '../services';
import { deviceSetting } from '../settings';
import { showWarning, withProgress } from '../show/notifications';
import { pick } from '../show/questions';
import { registerCommand } from './register-command';

const deviceKey: SettingKey = 'm2at.device';

/** `M2AT: Show Devices`: what this machine can compute on; a choice becomes the setting. */
export function registerShowDevices({ log, questions }: Services): vscode.Disposable {
  return registerCommand(commands.showDevices, log, async () => {
    const devices = await withProgress({ title: 'M2AT: looking for devices', quiet: true }, () =>
      questions.devices(),
    );
    for (const { name, available, detail } of devices) {
      log.info(`${name}: ${available ? 'available' : 'not available'}: ${detail}`);
    }
    const current = deviceSetting();
    const taken = devices.find(({ automatic }) => automatic)?.name;
    const mark = (name: string): string =>
      [...(name === current ? ['the setting'] : []), ...(name === taken ? ['what auto takes'] : [])].join(
        ', ',
      );
    const picked = await pick(
      [
        {
          label: 'auto',
          iconPath: new vscode.ThemeIcon('wand'),
          description: mark('auto'),
          detail: `What the experiment file says, else the best device there is${taken ? `: ${taken} here` : ''}`,
          name: 'auto',
          available: true,
        },
        ...devices.map(({ name, available, detail }) => ({
          label: name,
          iconPath: new vscode.ThemeIcon(available ? 'pass' : 'circle-slash'),
          description: mark(name),
          detail,
          name,
          available,
        })),
      ],
      { placeHolder: 'Devices of this machine; choosing one sets m2at.device', matchOnDetail: true },
    );
    if (!picked) return;
    if (!picked.available) {
      void showWarning(`${picked.name} can't be used on this machine. ${picked.detail}`);
      return;
    }
    await vscode.workspace
      .getConfiguration()
      .update(deviceKey, picked.name === 'auto' ? undefined : picked.name, vscode.ConfigurationTarget.Global);
  });
}
