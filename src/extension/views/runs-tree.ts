import * as vscode from 'vscode';
import { commands, contextKeys, views, type RunTrait } from '../contributions';
import { accuraciesWithin, startTime, summary } from '../format';
import { setContext } from '../context-key';
import { runOfCheckpoint } from '../../core/records/checkpoint-run';
import { isOver } from '../../core/records/run-state';
import type { ListedRun } from '../runs/listed-run';
import type { Services } from '../services';
import { treeItem } from '../show/labels';
import { oneLine } from '../show/plain';
import { isPaused } from '../worker/jobs';
import { groupText, groupedRuns, type GroupedRuns } from './grouped-runs';
import { runIcon } from './run-icon';

/** A run in the tree. Commands get it as their argument and read `runId`. */
export interface RunItem extends ListedRun {
  readonly runId: string;
}

type Item = RunItem | GroupedRuns<RunItem>;

/** Groups of more runs are closed at first. */
const OPEN_RUNS = 20;

class RunsTree implements vscode.TreeDataProvider<Item> {
  readonly onDidChangeTreeData: vscode.Event<void>;

  constructor(private readonly services: Services) {
    this.onDidChangeTreeData = services.runs.onDidChangeList;
  }

  /** An attack on a checkpoint of a run is below that run, any other is a run like the others. */
  getChildren(parent?: Item): Item[] {
    if (parent && 'runs' in parent) return [...parent.runs];
    const all = this.services.runs.list().map((run): RunItem => ({ ...run, runId: run.record.id }));
    if (parent) return all.filter(({ record }) => attackedRun(record) === parent.runId);
    const ids = new Set(all.map(({ runId }) => runId));
    return groupedRuns(all.filter(({ record }) => !ids.has(attackedRun(record) ?? '')));
  }

  getTreeItem(item: Item): vscode.TreeItem {
    return 'runs' in item ? this.groupItem(item) : this.runItem(item);
  }

  private groupItem({ group, runs }: GroupedRuns<RunItem>): vscode.TreeItem {
    const where = groupText(
      runs.map(({ record }) => record.status),
      group.size,
    );
    const item = treeItem({
      label: group.name,
      description: where,
      tooltip: [`${group.name}: ${group.size} runs that were started together`, where],
      spoken: `${group.name}, ${where}`,
    });
    item.id = `group ${group.id}`;
    item.iconPath = new vscode.ThemeIcon('list-tree');
    item.contextValue = 'group';
    item.collapsibleState =
      runs.length > OPEN_RUNS
        ? vscode.TreeItemCollapsibleState.Collapsed
        : vscode.TreeItemCollapsibleState.Expanded;
    return item;
  }

  private runItem(run: RunItem): vscode.TreeItem {
    const { record } = run;
    const paused = isPaused(this.services.jobs, record.id);
    const now = summary(record, this.services.runs.peek(record.id)?.progress);
    const where = paused ? now.replace(/^stopped/, 'paused') : now;
    const item = treeItem({
      label: `${record.marks?.star ? '★ ' : ''}${record.kind === 'attack' ? `Attack: ${record.name}` : record.name}`,
      description: where,
      tooltip: tooltip(record),
      spoken: `${record.name}, ${record.status}, ${where}`,
    });
    item.id = record.id;
    if (this.services.runs.list().some((other) => attackedRun(other.record) === record.id)) {
      item.collapsibleState = vscode.TreeItemCollapsibleState.Collapsed;
    }
    item.iconPath = runIcon(record);
    item.contextValue = traits(run, paused).join(' ');
    item.command = { command: commands.openDashboard, title: 'Open Dashboard', arguments: [record.id] };
    return item;
  }
}

/** The training run whose checkpoint an attack attacks, where it is one of a run. */
function attackedRun({ kind, source }: ListedRun['record']): string | undefined {
  return kind === 'attack' ? runOfCheckpoint(source ?? '')?.run : undefined;
}

function traits({ record, live, resumable }: ListedRun, paused: boolean): RunTrait[] {
  const goesOn = live && !isOver(record);
  return [
    ...(goesOn || paused ? (['live'] as const) : []),
    ...(goesOn ? (['pausable'] as const) : []),
    ...(goesOn && record.kind === 'train' ? (['training'] as const) : []),
    ...(isOver(record) ? (['over'] as const) : []),
    ...(record.kind === 'train' ? (['trained'] as const) : []),
    ...(resumable ? (['resumable'] as const) : []),
    ...(record.kind === 'train' && isOver(record) ? (['attackable'] as const) : []),
    ...(record.kind === 'attack' && isOver(record) ? (['reported'] as const) : []),
  ];
}

function tooltip(record: ListedRun['record']): (string | undefined)[] {
  return [
    record.name,
    `${record.kind === 'attack' ? 'Attack' : 'Training'}, ${record.status}, started ${startTime(record)}`,
    accuraciesWithin(record),
    record.marks?.tags?.join(', '),
    oneLine(record.marks?.note ?? ''),
    record.device,
    record.source,
    oneLine(record.message ?? ''),
    ...(record.signs ?? []).map(({ message, advice = '' }) => oneLine(`${message} ${advice}`)),
  ];
}

/** The view "Runs" and the context keys that say what it holds. */
export function registerRunsTree(services: Services): vscode.Disposable {
  const { runs, jobs } = services;
  const update = (): void => {
    const list = runs.list();
    setContext(contextKeys.hasRuns, list.length > 0);
    setContext(
      contextKeys.hasLiveRun,
      list.some(({ record }) => jobs.jobOf(record.id) !== undefined),
    );
    setContext(
      contextKeys.hasResumableRun,
      list.some(({ resumable }) => resumable),
    );
    setContext(
      contextKeys.hasReport,
      list.some(({ record }) => record.kind === 'attack' && isOver(record)),
    );
  };
  update();
  const view = vscode.window.createTreeView(views.runs, {
    treeDataProvider: new RunsTree(services),
    canSelectMany: true,
  });
  return vscode.Disposable.from(
    view,
    view.onDidChangeVisibility(({ visible }) => {
      // A process that died without a word changes no file: look again when the list comes into sight.
      if (visible) void runs.refresh();
    }),
    view.onDidChangeSelection(({ selection: [only, ...others] }) => {
      runs.selected = only && !('runs' in only) && others.length === 0 ? only.runId : undefined;
    }),
    runs.onDidChangeList(update),
    jobs.onDidChange(update),
  );
}
