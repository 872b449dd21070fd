import * as vscode from 'vscode';
import { commands, experimentGlob, experimentLanguage, type SettingKey } from '../contributions';
import { runPlaces, sweepPlace, type SweepPlace } from '../experiment/experiment-places';
import { latestRun } from '../experiment/latest-run';
import { settingsOf } from '../experiment/changed-settings';
import { epochs } from '../format';
import { lastRunDetail, lastRunText } from '../experiment/last-run-text';
import { parsedText } from '../experiment/parsed-text';
import { RunExperiments } from '../experiment/run-experiments';
import type { RunRecord } from '../../core/records/run-files';
import { isOver } from '../../core/records/run-state';
import type { Services } from '../services';
import { codeLensSetting } from '../settings';
import { codeLens } from '../show/labels';

const lensKey: SettingKey = 'm2at.codeLens';

/** Above each run of an experiment file: start it, resume its last run where that stopped, what that measured, its dashboard. */
class ExperimentLenses implements vscode.CodeLensProvider {
  private readonly experiments: RunExperiments;

  constructor(
    private readonly services: Pick<Services, 'runs'>,
    readonly onDidChangeCodeLenses: vscode.Event<void>,
  ) {
    this.experiments = new RunExperiments(services.runs);
  }

  async provideCodeLenses(document: vscode.TextDocument): Promise<vscode.CodeLens[]> {
    if (!codeLensSetting()) return [];
    const sweep = sweepPlace(document.getText());
    if (sweep) return sweepLenses(document, sweep);
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
    if (!isOver(record)) return [open];
    return this.services.runs.isResumable(record.id)
      ? [start, resumeLens(range, record), open]
      : [start, open];
  }
}

/** Of a run that was stopped, or failed, with something to go on from. */
function resumeLens(range: vscode.Range, record: RunRecord): vscode.CodeLens {
  const where = epochs(record)?.replace('/', ' of ');
  return codeLens(range, {
    icon: 'debug-continue',
    title: where === undefined ? 'Resume' : `Resume at ${where}`,
    tooltip: ['Go on with the last run from its latest checkpoint, with the settings that it began with'],
    command: commands.resumeRun,
    arguments: [record.id],
  });
}

/** Above the sweep, and above each run that it is laid over: start the runs that it makes. */
function sweepLenses(document: vscode.TextDocument, { offset, entries }: SweepPlace): vscode.CodeLens[] {
  const { runs = [] } = parsedText(document.getText());
  const lens = (
    at: number,
    title: string,
    options?: { readonly runs: readonly string[] },
  ): vscode.CodeLens => {
    const place = document.positionAt(at);
    return codeLens(new vscode.Range(place, place), {
      icon: 'run-all',
      title,
      command: commands.startTraining,
      arguments: [document.uri, undefined, options ?? { all: true }],
    });
  };
  return [
    lens(offset, runs.length === 0 ? 'Start all runs' : `Start all ${runs.length} runs`),
    ...entries.map(({ name, offset: at }) => {
      const { length } = runs.filter(({ entry }) => entry === name);
      return lens(at, length === 0 ? 'Start its runs' : `Start its ${length} runs`, { runs: [name] });
    }),
  ];
}

export function registerExperimentLenses(services: Pick<Services, 'runs'>): vscode.Disposable {
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
