import * as vscode from 'vscode';
import type { FromDashboard } from '../../protocol/dashboard-protocol';
import { commands, dashboardViewType } from '../contributions';
import type { Runs } from '../runs/runs';
import type { Log } from '../show/log';
import { showError } from '../show/notifications';
import { isPaused, type Jobs } from '../worker/jobs';
import type { DashboardPanel } from './dashboard-panel';
import { KeyedTurns } from './keyed-turns';
import { pageResources } from './page-html';

/** The open dashboards, at most one a run. What fills one is loaded with the first, because activation has to be short. */
export class Dashboards implements vscode.Disposable, vscode.WebviewPanelSerializer {
  private readonly open_ = new Map<
    string,
    { readonly panel: vscode.WebviewPanel; readonly view: DashboardPanel }
  >();
  /** Loading a run takes a while, in which it may be opened again. */
  private readonly turns = new KeyedTurns();
  private readonly subscription: vscode.Disposable;

  constructor(
    private readonly extensionUri: vscode.Uri,
    private readonly runs: Runs,
    private readonly jobs: Jobs,
    private readonly log: Log,
  ) {
    this.subscription = vscode.Disposable.from(
      runs.onDidUpdate((update) => this.open_.get(update.id)?.view.update(update)),
      // A deleted run has nothing to show any more.
      runs.onDidForget((id) => {
        this.open_.get(id)?.panel.dispose();
      }),
      jobs.onDidChange(() => {
        for (const { view } of this.open_.values()) view.lookAtFacts();
      }),
      vscode.window.registerWebviewPanelSerializer(dashboardViewType, this),
    );
  }

  /** Shows a run's dashboard; one that is open already comes to the front. */
  open(id: string, { preserveFocus = false } = {}): Promise<void> {
    return this.turns.take(id, () => this.openNow(id, preserveFocus));
  }

  /** Whether a run's dashboard is in sight, in front of the other tabs of its group. */
  isInSight(id: string): boolean {
    return this.open_.get(id)?.panel.visible === true;
  }

  async deserializeWebviewPanel(panel: vscode.WebviewPanel, state: unknown): Promise<void> {
    const { panelState } = await import('./panel-state');
    const parsed = panelState.safeParse(state);
    if (!parsed.success) {
      panel.dispose();
      return;
    }
    const { run } = parsed.data;
    await this.turns.take(run, () => this.restore(run, panel));
  }

  dispose(): void {
    this.subscription.dispose();
    for (const { view } of this.open_.values()) view.dispose();
  }

  private async openNow(id: string, preserveFocus: boolean): Promise<void> {
    const known = this.open_.get(id);
    if (known) {
      known.view.reveal(preserveFocus);
      return;
    }
    const [run, { DashboardPanel }] = await Promise.all([this.runs.load(id), import('./dashboard-panel')]);
    if (!run) {
      void showError(`The run ${id} is not in this workspace any more.`);
      return;
    }
    // Beside the text that it belongs to, as a preview would be.
    const column = vscode.window.activeTextEditor ? vscode.ViewColumn.Beside : vscode.ViewColumn.Active;
    const panel = vscode.window.createWebviewPanel(
      dashboardViewType,
      id,
      { viewColumn: column, preserveFocus },
      { enableScripts: true, localResourceRoots: pageResources(this.extensionUri) },
    );
    this.attach(id, panel, DashboardPanel);
  }

  private async restore(id: string, panel: vscode.WebviewPanel): Promise<void> {
    if (this.open_.has(id)) {
      panel.dispose();
      return;
    }
    await this.runs.refresh();
    // A run that was deleted in the meantime has nothing to show.
    const { DashboardPanel } = await import('./dashboard-panel');
    if (await this.runs.load(id)) this.attach(id, panel, DashboardPanel);
    else panel.dispose();
  }

  private attach(id: string, panel: vscode.WebviewPanel, Panel: typeof DashboardPanel): void {
    const { runs, jobs, extensionUri, log } = this;
    panel.iconPath = vscode.Uri.joinPath(extensionUri, 'media', 'run.svg');
    panel.onDidDispose(() => {
      this.open_.delete(id);
      runs.dismiss(id);
    });
    const view = new Panel({
      panel,
      extensionUri,
      log,
      state: () => runs.peek(id),
      facts: () => ({
        live: runs.isLive(id),
        checkpoint: runs.hasCheckpoint(id),
        paused: isPaused(jobs, id),
      }),
      onAction: (action) => void vscode.commands.executeCommand(commandOf(action), id),
    });
    this.open_.set(id, { panel, view });
  }
}

function commandOf(action: Exclude<FromDashboard['type'], 'ready'>): string {
  switch (action) {
    case 'stop':
      return commands.stopRun;
    case 'pause':
      return commands.pauseRun;
    case 'evaluateNow':
      return commands.evaluateNow;
    case 'resume':
      return commands.resumeRun;
    case 'modify':
      return commands.modifyRun;
    case 'attack':
      return commands.attackCheckpoint;
    case 'evaluate':
      return commands.evaluateExamples;
    case 'copyCommand':
      return commands.copyCommand;
    case 'showLog':
      return commands.showLog;
    case 'revealFolder':
      return commands.revealRun;
  }
}
