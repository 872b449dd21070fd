import * as vscode from 'vscode';
import { commands, experimentGlob, experimentLanguage, type SettingKey } from '../contributions';
import { runPlaces } from '../experiment/experiment-places';
import { latestRun } from '../experiment/latest-run';
import { settingsOf } from '../experiment/changed-settings';
import { lastRunDetail, lastRunText } from '../experiment/last-run-text';
import { RunExperiments } from '../experiment/run-experiments';
import { isOver } from '../../core/records/run-state';
import type { Services } from '../services';
import { codeLensSetting } from '../settings';
import { codeLens } from '../show/labels';

const lensKey: SettingKey = 'm2at.codeLens';

/** Above each run of an experiment file: start it, what its last run measured, its dashboard. */
class ExperimentLenses implements vscode.CodeLensProvider {
  private readonly experiments: RunExperiments;

  constructor(
    private readonly services: Services,
    readonly onDidChangeCodeLenses: vscode.Event<void>,
  ) {
    this.experiments = new RunExperiments(services.runs);
  }

  async provideCodeLenses(document: vscode.TextDocument): Promise<vscode.CodeLens[]> {
    if (!codeLensSetting()) return [];
    const settings = settingsOf(document.getText(), document.uri.fsPath);
    const places = runPlaces(document.getText());
    const top = new vscode.Range(0, 0, 0, 0);
    const all =
      places.length > 1
        ? [
            codeLens(top, {
              icon: 'run-all',
              title: `Start all ${places.length} runs`,
              command: commands.startTraining,
              arguments: [document.uri, undefined, { runs: places.flatMap(({ name }) => name ?? []) }],
            }),
          ]
        : [];
    const own = await Promise.all(places.map((place) => this.lensesOf(document, place, settings)));
    return [...all, ...own.flat()];
  }

  private async lensesOf(
    document: vscode.TextDocument,
    place: ReturnType<typeof runPlaces>[number],
    settings: ReturnType<typeof settingsOf>,
  ): Promise<vscode.CodeLens[]> {
    const at = document.positionAt(place.offset);
    const range = new vscode.Range(at, at);
    const options = place.name === undefined ? undefined : { runs: [place.name] };
    const start = codeLens(range, {
      icon: 'play',
      title: 'Start run',
      command: commands.startTraining,
      arguments: [document.uri, undefined, options],
    });
    const record = latestRun(this.services.runs, document.uri.fsPath, place.recordName);
    if (!record) return [start];
    const changes = await this.experiments.changes(record.id, place.name, settings);
    const open = codeLens(range, {
      title: `${lastRunText(record, changes)} | Open dashboard`,
      tooltip: lastRunDetail(record, changes),
      command: commands.openDashboard,
      arguments: [record.id],
    });
    return isOver(record) ? [start, open] : [open];
  }
}

export function registerExperimentLenses(services: Services): vscode.Disposable {
  const changed = new vscode.EventEmitter<void>();
  return vscode.Disposable.from(
    changed,
    services.runs.onDidChangeList(() => {
      changed.fire();
    }),
    vscode.workspace.onDidChangeConfiguration((change) => {
      if (change.affectsConfiguration(lensKey)) changed.fire();
    }),
    vscode.languages.registerCodeLensProvider(
      [
        { scheme: 'file', pattern: experimentGlob },
        { scheme: 'untitled', language: experimentLanguage },
      ],
      new ExperimentLenses(services, changed.event),
    ),
  );
}
