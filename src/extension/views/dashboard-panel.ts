import { isDeepStrictEqual } from 'node:util';
import * as vscode from 'vscode';
import { withAnalysis } from '../../core/report/analyse-report';
import { withFacts } from '../../core/report/known-report';
import { withEarlyEnd } from '../../core/report/early-end';
import {
  fromDashboard,
  type FromDashboard,
  type RunFacts,
  type ToDashboard,
} from '../../protocol/dashboard-protocol';
import { inColumns } from '../../core/records/step-columns';
import type { RunUpdate } from '../runs/run-update';
import type { HostRunState } from '../runs/run-state';
import { setTitle } from '../show/labels';
import type { Log } from '../show/log';
import { MessageBatch } from './message-batch';
import { pageHtml, pageResources } from './page-html';

/** Ten messages a second are more than the eye follows. */
const SEND_EVERY_MS = 100;

export interface DashboardOptions {
  readonly panel: vscode.WebviewPanel;
  readonly extensionUri: vscode.Uri;
  readonly log: Log;
  /** Looked up anew each time: the state is rebuilt when the run's directory changes under it. */
  readonly state: () => HostRunState | undefined;
  readonly facts: () => RunFacts;
  readonly onAction: (action: Exclude<FromDashboard['type'], 'ready'>) => void;
}

/**
 * One run's dashboard. The host holds the state: a hidden webview is thrown away by VS Code, and asks for
 * everything with `ready` when it is shown again. Closing the panel never ends the run.
 */
export class DashboardPanel implements vscode.Disposable {
  private readonly disposables: vscode.Disposable[] = [];
  private readonly batch = new MessageBatch();
  private timer: NodeJS.Timeout | undefined;
  private listening = false;
  /** As the page has them. */
  private facts: RunFacts | undefined;

  constructor(private readonly options: DashboardOptions) {
    const { panel, extensionUri, log } = options;
    const { webview } = panel;
    webview.options = {
      enableScripts: true,
      enableForms: false,
      localResourceRoots: pageResources(extensionUri),
    };
    this.disposables.push(
      panel.onDidChangeViewState(() => {
        if (!panel.visible) this.listening = false;
      }),
      panel.onDidDispose(() => {
        this.dispose();
      }),
      vscode.workspace.onDidGrantWorkspaceTrust(() => {
        this.sendState();
      }),
      webview.onDidReceiveMessage((raw: unknown) => {
        const message = fromDashboard.safeParse(raw);
        if (!message.success)
          log.warn(`A dashboard sent a message that is not valid: ${message.error.message}`);
        else if (message.data.type === 'ready') this.onReady();
        else options.onAction(message.data.type);
      }),
    );
    this.setTitle();
    webview.html = pageHtml(webview, extensionUri, 'dashboard');
  }

  reveal(preserveFocus: boolean): void {
    this.options.panel.reveal(undefined, preserveFocus);
  }

  update({ events, rebuilt }: RunUpdate): void {
    this.setTitle();
    if (!this.listening) return;
    if (rebuilt) {
      this.sendState();
      return;
    }
    for (const event of events) this.batch.add(event);
    this.timer ??= setTimeout(() => {
      this.timer = undefined;
      if (!this.listening) return;
      this.lookAtFacts();
      for (const message of this.batch.take()) this.post(message);
    }, SEND_EVERY_MS);
  }

  /** What can be done with the run may have changed without a word of it. */
  lookAtFacts(): void {
    if (!this.listening) return;
    const facts = this.options.facts();
    if (isDeepStrictEqual(facts, this.facts)) return;
    this.facts = facts;
    this.post({ type: 'facts', ...facts });
  }

  dispose(): void {
    clearTimeout(this.timer);
    this.listening = false;
    for (const disposable of this.disposables.splice(0)) disposable.dispose();
  }

  private onReady(): void {
    // The run was deleted while the page was loading: an empty page would stay empty.
    if (!this.options.state()) {
      this.options.panel.dispose();
      return;
    }
    this.listening = true;
    this.sendState();
  }

  private sendState(): void {
    const state = this.options.state();
    if (!state || !this.listening) return;
    this.batch.take();
    this.facts = this.options.facts();
    this.post({
      type: 'state',
      record: state.record,
      ...inColumns(state.rows.all),
      ...(state.samples && { samples: state.samples }),
      ...(state.report && { report: withFacts(withAnalysis(withEarlyEnd(state.record, state.report))) }),
      ...(state.transfer && { transfer: state.transfer }),
      ...(state.corruptions && { corruptions: state.corruptions }),
      ...(state.galleries.size > 0 && { galleries: [...state.galleries.values()] }),
      ...(state.progress && { progress: state.progress }),
      ...this.facts,
      trusted: vscode.workspace.isTrusted,
    });
  }

  private post(message: ToDashboard): void {
    void this.options.panel.webview.postMessage(message);
  }

  private setTitle(): void {
    const record = this.options.state()?.record;
    if (!record) return;
    setTitle(this.options.panel, record.kind === 'attack' ? `Attack: ${record.name}` : record.name);
  }
}
