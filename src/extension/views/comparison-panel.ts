import path from 'node:path';
import * as vscode from 'vscode';
import * as z from 'zod';
import { messageOf } from '../../core/errors';
import { runFile } from '../../core/records/run-paths';
import { comparePage } from '../../core/runs/compare-page';
import { readGrid } from '../../core/runs/grid-file';
import { MetricSeries } from '../../core/runs/metric-series';
import { markRun } from '../../core/runs/run-marks';
import {
  fromCompare,
  selection,
  type FromCompare,
  type Selection,
  type ToCompare,
} from '../../protocol/compare-protocol';
import { commands } from '../contributions';
import { reportError } from '../messages';
import { setTitle } from '../show/labels';
import { ComparedRuns } from './compared-runs';
import type { ComparisonServices } from './comparison-services';
import { askMark } from './ask-mark';
import { pageHtml, pageResources } from './page-html';
import { saveMade } from './save-made';

/** News of runs that go on are gathered for so long, ms. */
const SEND_EVERY_MS = 500;
/** Runs whose metrics are read at a time. */
const SERIES_AT_ONCE = 4;

/** What the page keeps over a reload of the window. */
export const savedComparison = z.object({ selection });

export interface ComparisonOptions extends ComparisonServices {
  readonly panel: vscode.WebviewPanel;
  readonly selection: Selection;
}

/** One comparison. The host holds what is compared: a hidden page is thrown away, and asks for everything when it is back. */
export class ComparisonPanel implements vscode.Disposable {
  private readonly disposables: vscode.Disposable[] = [];
  private readonly compared: ComparedRuns;
  private readonly series = new Map<string, MetricSeries>();
  private wantsSeries = false;
  private listening = false;
  private timer: NodeJS.Timeout | undefined;
  private readonly touched = new Set<string>();
  /** What reads the disk, one after the other. */
  private queue: Promise<unknown> = Promise.resolve();

  constructor(private readonly options: ComparisonOptions) {
    const { panel, extensionUri, log, runs } = options;
    this.compared = new ComparedRuns(runs, options.selection);
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
      runs.onDidChangeList(() => {
        this.soon();
      }),
      runs.onDidTouch((id) => {
        this.touched.add(id);
        this.soon();
      }),
      vscode.workspace.onDidGrantWorkspaceTrust(() => {
        this.begin();
      }),
      webview.onDidReceiveMessage((raw: unknown) => {
        const message = fromCompare.safeParse(raw);
        if (message.success) this.take(message.data);
        else log.warn(`A comparison sent a message that is not valid: ${message.error.message}`);
      }),
    );
    webview.html = pageHtml(webview, extensionUri, 'compare');
  }

  dispose(): void {
    clearTimeout(this.timer);
    this.listening = false;
    for (const disposable of this.disposables.splice(0)) disposable.dispose();
  }

  private take(message: FromCompare): void {
    const { log } = this.options;
    this.answer(message).catch((error: unknown) => {
      reportError(log, 'The comparison', error);
    });
  }

  private async answer(message: FromCompare): Promise<void> {
    const { runs } = this.options;
    switch (message.type) {
      case 'ready':
        this.listening = true;
        this.wantsSeries = false;
        this.begin();
        break;
      case 'series':
        this.wantsSeries = message.wanted;
        if (message.wanted) {
          // The page has none yet.
          this.series.clear();
          await this.inTurn(() => this.sendSeries(this.compared.chosen().map(({ id }) => id)));
        }
        break;
      case 'samples':
        await this.sendSamples(message.run, message.step);
        break;
      case 'open':
        await vscode.commands.executeCommand(commands.openDashboard, message.run);
        break;
      case 'mark':
        await this.mark(message.run, message.change);
        break;
      case 'ask': {
        const record = runs.record(message.run);
        const change = record && (await askMark(record, message.what));
        if (change) await this.mark(message.run, change);
        break;
      }
      case 'settings':
        await vscode.commands.executeCommand(commands.compareSettings, ...message.runs);
        break;
      case 'save':
        await saveMade(message.name, message.content);
        break;
      case 'savePage': {
        const bundle = vscode.Uri.joinPath(this.options.extensionUri, 'dist', 'webview').fsPath;
        const options = {
          rootOf: (run: string) => runs.rootOf(run),
          rows: this.compared.rows,
          view: message.view,
          bundle,
        };
        await saveMade('comparison.html', await comparePage(options));
        break;
      }
    }
  }

  private begin(): void {
    if (!this.listening) return;
    void this.inTurn(async () => {
      await this.compared.update();
      this.series.clear();
      this.setTitle();
      this.post({
        type: 'state',
        rows: this.compared.rows,
        selection: this.options.selection,
        trusted: vscode.workspace.isTrusted,
      });
      if (this.wantsSeries) await this.sendSeries(this.compared.chosen().map(({ id }) => id));
    });
  }

  private soon(): void {
    this.timer ??= setTimeout(() => {
      this.timer = undefined;
      if (!this.listening) return;
      const touched = new Set(this.touched);
      this.touched.clear();
      void this.inTurn(async () => {
        const { rows, gone } = await this.compared.update(touched);
        if (rows.length > 0 || gone.length > 0) this.post({ type: 'rows', rows: [...rows], gone: [...gone] });
        this.setTitle();
        for (const id of gone) this.series.delete(id);
        const news = [...rows.map(({ record }) => record.id), ...touched];
        if (this.wantsSeries) await this.sendSeries([...new Set(news)]);
      });
    }, SEND_EVERY_MS);
  }

  /** What can't be read is logged, and keeps nothing else from being shown. */
  private inTurn(work: () => Promise<void>): Promise<void> {
    const { log } = this.options;
    const next = this.queue.then(work).catch((error: unknown) => {
      log.error(`A comparison can't be shown as it is now: ${messageOf(error)}`);
    });
    this.queue = next;
    return next;
  }

  private async sendSeries(ids: readonly string[]): Promise<void> {
    const { runs } = this.options;
    const compared = new Set(
      this.compared.chosen().flatMap(({ id, kind }) => (kind === 'train' ? [id] : [])),
    );
    const left = ids.filter((id) => compared.has(id)).values();
    const worker = async (): Promise<void> => {
      for (const id of left) {
        const directory = runs.directory(id);
        if (directory === undefined || !this.listening) continue;
        const series = this.series.get(id) ?? new MetricSeries(directory);
        this.series.set(id, series);
        const part = await series.read();
        if (part) this.post({ type: 'series', run: id, ...part, evaluations: [...part.evaluations] });
      }
    };
    await Promise.all(Array.from({ length: SERIES_AT_ONCE }, worker));
  }

  private async sendSamples(run: string, step: number): Promise<void> {
    const directory = this.options.runs.directory(run);
    if (directory === undefined) return;
    // One that was removed just now, or is damaged, is left out.
    const samples = await readGrid(path.join(directory, runFile.samples), step).catch(() => undefined);
    if (samples) this.post({ type: 'samples', run, ...samples });
  }

  private async mark(run: string, change: Parameters<typeof markRun>[2]): Promise<void> {
    const { runs } = this.options;
    const root = runs.rootOf(run);
    if (root === undefined || !vscode.workspace.isTrusted) return;
    await markRun(root, run, change);
    await runs.refresh();
  }

  private setTitle(): void {
    const count = this.compared.chosen().length;
    setTitle(this.options.panel, count === 1 ? 'Compare 1 Run' : `Compare ${count} Runs`);
  }

  private post(message: ToCompare): void {
    if (this.listening) void this.options.panel.webview.postMessage(message);
  }
}
