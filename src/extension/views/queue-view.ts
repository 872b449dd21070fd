import path from 'node:path';
import * as vscode from 'vscode';
import { setContext } from '../context-key';
import { contextKeys, views } from '../contributions';
import { reportError } from '../messages';
import type { Services } from '../services';
import { treeItem } from '../show/labels';
import type { WaitingJob } from '../worker/waiting-jobs';

/** A job that waits, in the tree. Commands get it as their argument and read `waitingId`. */
export interface WaitingItem extends WaitingJob {
  readonly waitingId: string;
}

/** What VS Code calls the items of this view while they are dragged. */
const mimeType = 'application/vnd.code.tree.m2at.queue';

class QueueTree
  implements vscode.TreeDataProvider<WaitingItem>, vscode.TreeDragAndDropController<WaitingItem>
{
  readonly onDidChangeTreeData: vscode.Event<void>;
  readonly dragMimeTypes = [mimeType];
  readonly dropMimeTypes = [mimeType];
  private dragged: readonly string[] = [];

  constructor(private readonly services: Services) {
    this.onDidChangeTreeData = services.jobs.waiting.onDidChange;
  }

  getChildren(parent?: WaitingItem): WaitingItem[] {
    return parent ? [] : this.services.jobs.waiting.list.map((job) => ({ ...job, waitingId: job.id }));
  }

  getTreeItem({ id, title, root, resumes }: WaitingItem): vscode.TreeItem {
    const { list } = this.services.jobs.waiting;
    const place = list.findIndex((job) => job.id === id) + 1;
    const folder = path.basename(root);
    const isHere = vscode.workspace.getWorkspaceFolder(vscode.Uri.file(root)) !== undefined;
    const item = treeItem({
      label: title,
      description: [...(place === 1 ? ['next'] : []), ...(isHere ? [] : [folder])].join(' · '),
      tooltip: [
        resumes === undefined ? title : `${title}, which goes on`,
        `Waits for its turn: ${place} of ${list.length}`,
        root,
      ],
      spoken: `${title}, waits, ${place} of ${list.length}, ${folder}`,
    });
    item.id = id;
    item.iconPath = new vscode.ThemeIcon('watch');
    return item;
  }

  handleDrag(items: readonly WaitingItem[]): void {
    this.dragged = items.map(({ id }) => id);
  }

  /** Those that were dragged come before the one that they are dropped on; beside all of them, they come last. */
  async handleDrop(target: WaitingItem | undefined): Promise<void> {
    const { jobs, log } = this.services;
    try {
      for (const id of this.dragged) {
        if (id !== target?.id) await jobs.waiting.move(id, target ? { before: target.id } : 'last');
      }
    } catch (error) {
      reportError(log, 'The queue', error);
    }
  }
}

/** The view "Queue", which is there while something waits. */
export function registerQueueView(services: Services): vscode.Disposable {
  const { waiting } = services.jobs;
  const tree = new QueueTree(services);
  const view = vscode.window.createTreeView(views.queue, {
    ...{ treeDataProvider: tree, dragAndDropController: tree, canSelectMany: true },
  });
  const update = (): void => {
    setContext(contextKeys.hasWaitingRun, waiting.list.length > 0);
  };
  update();
  return vscode.Disposable.from(view, waiting.onDidChange(update));
}
