import * as vscode from 'vscode';
import type { Selection } from '../../protocol/compare-protocol';
import { compareViewType } from '../contributions';
import type { ComparisonPanel } from './comparison-panel';
import type { ComparisonServices } from './comparison-services';
import { pageResources } from './page-html';

/** The open comparisons. What fills one is loaded with the first, because activation has to be short. */
export class Comparisons implements vscode.Disposable, vscode.WebviewPanelSerializer {
  private readonly open_ = new Map<
    string,
    { readonly panel: vscode.WebviewPanel; readonly view: ComparisonPanel }
  >();
  private readonly subscription: vscode.Disposable;

  constructor(private readonly services: ComparisonServices) {
    this.subscription = vscode.window.registerWebviewPanelSerializer(compareViewType, this);
  }

  /** Compares runs; where the same are compared already, that comparison comes to the front. */
  async open(selection: Selection, { preserveFocus = false } = {}): Promise<void> {
    const known = this.open_.get(keyOf(selection));
    if (known) {
      known.panel.reveal(undefined, preserveFocus);
      return;
    }
    const { ComparisonPanel } = await import('./comparison-panel');
    // Beside the text that its runs came from, where somebody looks at one and did not ask for this.
    const isBeside = preserveFocus && vscode.window.activeTextEditor !== undefined;
    const viewColumn = isBeside ? vscode.ViewColumn.Beside : vscode.ViewColumn.Active;
    const panel = vscode.window.createWebviewPanel(
      compareViewType,
      'Compare Runs',
      { viewColumn, preserveFocus },
      { enableScripts: true, localResourceRoots: pageResources(this.services.extensionUri) },
    );
    this.attach(selection, panel, ComparisonPanel);
  }

  async deserializeWebviewPanel(panel: vscode.WebviewPanel, state: unknown): Promise<void> {
    const { ComparisonPanel, savedComparison } = await import('./comparison-panel');
    const parsed = savedComparison.safeParse(state);
    if (!parsed.success || this.open_.has(keyOf(parsed.data.selection))) {
      panel.dispose();
      return;
    }
    await this.services.runs.refresh();
    this.attach(parsed.data.selection, panel, ComparisonPanel);
  }

  dispose(): void {
    this.subscription.dispose();
    for (const { view } of this.open_.values()) view.dispose();
  }

  private attach(selection: Selection, panel: vscode.WebviewPanel, Panel: typeof ComparisonPanel): void {
    const key = keyOf(selection);
    panel.iconPath = vscode.Uri.joinPath(this.services.extensionUri, 'media', 'run.svg');
    panel.onDidDispose(() => this.open_.delete(key));
    this.open_.set(key, { panel, view: new Panel({ ...this.services, panel, selection }) });
  }
}

function keyOf({ runs, groups, sources }: Selection): string {
  return JSON.stringify([[...runs].sort(), groups, sources]);
}
