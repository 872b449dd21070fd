import path from 'node:path';
import * as vscode from 'vscode';
import { runsDirectory } from '../../core/records/run-paths';
import { RunsWatch } from './runs-watch';

/** What VS Code's watcher tells of: runs that come and go, and what becomes of them. */
const WATCHED = '.m2at/{runs,runs/*,runs/*/run.json,runs/*/marks.json}';

/** Tells what changes among the runs of a root. VS Code's watcher sees every run, but not reliably; another one is exact for those that go on. */
export class RootWatch implements vscode.Disposable {
  private readonly exact: RunsWatch;
  private readonly subscriptions: vscode.Disposable;

  /** @param onChange called with the id of a run, if it is one's, and the name of the file in its directory, if it is known */
  constructor(root: string, onChange: (id: string, file?: string) => void) {
    const watcher = vscode.workspace.createFileSystemWatcher(
      new vscode.RelativePattern(vscode.Uri.file(root), WATCHED),
    );
    const onFile = ({ fsPath }: vscode.Uri): void => {
      const [id = '', file] = path.relative(runsDirectory(root), fsPath).split(path.sep);
      onChange(id, file);
    };
    this.exact = new RunsWatch(root, (id = '', file) => {
      onChange(id, file);
    });
    this.subscriptions = vscode.Disposable.from(
      watcher,
      watcher.onDidCreate(onFile),
      watcher.onDidChange(onFile),
      watcher.onDidDelete(onFile),
      this.exact,
    );
  }

  /** Names the runs whose files are watched. */
  follow(ids: ReadonlySet<string>): void {
    this.exact.follow(ids);
  }

  dispose(): void {
    this.subscriptions.dispose();
  }
}
