import * as vscode from 'vscode';
import { commands, experimentGlob } from '../contributions';
import { isTrusted } from '../messages';
import type { Services } from '../services';
import { withProgress } from '../show/notifications';
import { openPicture } from '../show/outside';
import { askFiles, pick, separator } from '../show/questions';
import { registerCommand } from './register-command';

interface DatasetItem extends vscode.QuickPickItem {
  /** A name, or the path of an experiment file. */
  readonly dataset?: string;
  readonly ask?: () => Promise<string | undefined>;
}

/**
 * `M2AT: Show Data Set…`: images of a data set, a row for each class, as one picture in an editor.
 * The command takes a name or a path as its argument, for key bindings and other extensions, and returns the picture's path.
 */
export function registerShowDataset(services: Services): vscode.Disposable {
  return registerCommand(commands.showDataset, services.log, async (given) => {
    if (!isTrusted('A data set')) return undefined;
    const dataset = typeof given === 'string' ? given : await pickDataset(services);
    if (dataset === undefined) return undefined;
    const { file } = await withProgress(
      { title: `M2AT: reading ${dataset}`, cancellable: true },
      (report, token) =>
        services.questions.showDataset({ dataset }, token, ({ done, total, detail }) => {
          report({
            message: `${detail ?? ''} ${total > 0 ? `${Math.floor((100 * done) / total)} %` : ''}`.trim(),
          });
        }),
    );
    await openPicture(file);
    return file;
  });
}

async function pickDataset({ registry }: Services): Promise<string | undefined> {
  const { datasets } = await registry();
  const experiments = await vscode.workspace.findFiles(experimentGlob, '**/node_modules/**', 50);
  const items: DatasetItem[] = [
    {
      label: 'A folder of pictures…',
      iconPath: new vscode.ThemeIcon('folder-opened'),
      detail: 'A folder for each class, with PNG, JPEG, WebP or PPM files',
      ask: () => askPlace({ canSelectFolders: true, canSelectFiles: false, openLabel: 'Show' }),
    },
    {
      label: 'Arrays in an .npz file…',
      iconPath: new vscode.ThemeIcon('file-binary'),
      detail: 'Images and labels of NumPy',
      ask: () => askPlace({ openLabel: 'Show', filters: { 'NumPy archives': ['npz'] } }),
    },
    ...(experiments.length > 0 ? [separator('Of an experiment')] : []),
    ...experiments.map(({ fsPath }) => ({
      label: vscode.workspace.asRelativePath(fsPath),
      iconPath: new vscode.ThemeIcon('beaker'),
      dataset: fsPath,
    })),
    separator('By name'),
    ...datasets
      .filter(({ fetch }) => fetch)
      .map(({ name, title, facts }) => ({
        label: title,
        description: name,
        detail: facts
          ? `${facts.counts.train} training images of ${facts.height} x ${facts.width}, ${facts.classNames.length} classes`
          : '',
        dataset: name,
      })),
  ];
  const picked = await pick(items, {
    title: 'Show Data Set',
    placeHolder: 'Data set whose pictures to show; what is not in the cache yet is fetched',
    matchOnDescription: true,
  });
  return picked?.ask ? picked.ask() : picked?.dataset;
}

async function askPlace(options: vscode.OpenDialogOptions): Promise<string | undefined> {
  const [place] = await askFiles(options);
  return place?.fsPath;
}
