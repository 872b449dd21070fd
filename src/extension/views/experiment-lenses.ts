import * as vscode from 'vscode';
import { commands, experimentGlob, experimentLanguage, type SettingKey } from '../contributions';
import { runPlaces } from '../experiment/experiment-places';
import { latestRun } from '../experiment/latest-run';
import { accuracies, summary } from '../format';
import { isOver } from '../../core/runs/run-store';
import type { Services } from '../services';
import { codeLensSetting } from '../settings';

const lensKey: SettingKey = 'm2at.codeLens';

/** Above each run of an experiment file: start it, what its last run measured, its dashboard. */
class ExperimentLenses implements vscode.CodeLensProvider {
  constructor(
    private readonly services: Services,
    readonly onDidChangeCodeLenses: vscode.Event<void>,
  ) {}

  provideCodeLenses(document: vscode.TextDocument): vscode.CodeLens[] {
    if (!codeLensSetting()) return [];
    const places = runPlaces(document.getText());
    const top = new vscode.Range(0, 0, 0, 0);
    const all =
      places.length > 1
        ? [
            lens(top, `$(run-all) Start all ${places.length} runs`, commands.startTraining, [
              document.uri,
              undefined,
              { runs: places.flatMap(({ name }) => name ?? []) },
            ]),
          ]
        : [];
    return [...all, ...places.flatMap((place) => this.lensesOf(document, place))];
  }

  private lensesOf(
    document: vscode.TextDocument,
    place: ReturnType<typeof runPlaces>[number],
  ): vscode.CodeLens[] {
    const at = document.positionAt(place.offset);
    const range = new vscode.Range(at, at);
    const options = place.name === undefined ? undefined : { runs: [place.name] };
    const start = lens(range, '$(play) Start run', commands.startTraining, [
      document.uri,
      undefined,
      options,
    ]);
    const record = latestRun(this.services.runs, document.uri.fsPath, place.recordName);
    if (!record) return [start];
    const text = isOver(record)
      ? `Last run: ${accuracies(record) || record.status}`
      : `Running: ${summary(record) || record.status}`;
    const open = lens(range, `${text} | Open dashboard`, commands.openDashboard, [record.id]);
    return isOver(record) ? [start, open] : [open];
  }
}

function lens(range: vscode.Range, title: string, command: string, args: unknown[]): vscode.CodeLens {
  return new vscode.CodeLens(range, { title, command, arguments: args });
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
