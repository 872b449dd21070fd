import * as vscode from 'vscode';
import type { RunRecord } from '../core/records/run-files';
import { builtIn as registry } from '../core/registry/registry';
import { registerActiveCheckpoint } from './checkpoint/active-checkpoint';
import { registerAttackCheckpoint } from './commands/attack-checkpoint';
import { registerEvaluateExamples } from './commands/evaluate-examples';
import { registerFoundJobs } from './commands/found-jobs';
import { registerModifyRun } from './commands/modify-run';
import { registerReportCommands } from './commands/report-commands';
import { registerRunCommands } from './commands/run-commands';
import { registerShowDataset } from './commands/show-dataset';
import { registerShowDevices } from './commands/show-devices';
import { registerStartTraining } from './commands/start-training';
import { ExperimentDiagnostics } from './experiment/experiment-diagnostics';
import { registerExperimentLanguage } from './experiment/experiment-language';
import { registerQuickFixes } from './experiment/quick-fixes';
import { RememberedRoots } from './runs/remembered-roots';
import { Runs } from './runs/runs';
import type { Services } from './services';
import { createLog } from './show/log';
import { registerTextPages } from './show/text-pages';
import { Dashboards } from './views/dashboards';
import { registerExperimentLenses } from './views/experiment-lenses';
import { registerInlineMetrics } from './views/inline-metrics';
import { registerRunsTree } from './views/runs-tree';
import { registerStatusBar } from './views/status-bar';
import { Jobs } from './worker/jobs';
import { Questions } from './worker/questions';
import { followRunFolders } from './runs/run-folders-setting';

/** What other extensions, and the tests, may use. */
export interface M2atApi {
  /** A run came, went, or has another record. */
  readonly onDidChangeRuns: vscode.Event<void>;
  /** The runs of the workspace, latest first. */
  readonly runs: () => readonly RunRecord[];
  /** A run's record; also of one that ended before it had a directory, while its dashboard is open. */
  readonly record: (id: string) => RunRecord | undefined;
  /** A job of this window started, ended, or is being stopped. */
  readonly onDidChangeJobs: vscode.Event<void>;
  /** Titles of this window's jobs at work. */
  readonly jobs: () => readonly string[];
}

/** Now, or once the workspace is trusted: until then nothing that goes on is connected to. */
function whenTrusted(begin: () => void): void {
  if (vscode.workspace.isTrusted) begin();
  else vscode.workspace.onDidGrantWorkspaceTrust(begin);
}

/** Wires the features. Nothing is read from disk and nothing is computed before this returns. */
export function activate(context: vscode.ExtensionContext): M2atApi {
  const log = createLog('M2AT');
  const { extensionUri, workspaceState: memory } = context;
  const runs = new Runs(log, new RememberedRoots(memory));
  const jobs = new Jobs(context.asAbsolutePath('dist/worker.js'), runs, log);
  const questions = new Questions(context.asAbsolutePath('dist/worker.js'), log);
  const dashboards = new Dashboards(extensionUri, runs, jobs, log);
  const diagnostics = new ExperimentDiagnostics();
  const services: Services = {
    ...{ registry, extensionUri, log, memory, runs, jobs, questions, dashboards, diagnostics },
  };

  context.subscriptions.push(
    // Disposed in this order: what writes to the log before it closes.
    jobs,
    questions,
    dashboards,
    diagnostics,
    runs,
    registerStartTraining(services),
    registerAttackCheckpoint(services),
    registerEvaluateExamples(services),
    registerRunCommands(services),
    registerModifyRun(services),
    registerReportCommands(services),
    registerShowDataset(services),
    registerShowDevices(services),
    registerRunsTree(services),
    registerStatusBar(services),
    registerExperimentLanguage(),
    registerQuickFixes(),
    registerExperimentLenses(services),
    registerInlineMetrics(services),
    registerActiveCheckpoint(services),
    registerTextPages(),
    jobs.onDidStartRun((run) => void dashboards.open(run, { preserveFocus: true })),
    log,
    followRunFolders(() => void runs.refresh()),
  );
  void runs.refresh().then(() => {
    whenTrusted(() => {
      context.subscriptions.push(registerFoundJobs(services));
    });
  });
  return {
    onDidChangeRuns: runs.onDidChangeList,
    runs: () => runs.list().map(({ record }) => record),
    record: (id) => runs.record(id),
    onDidChangeJobs: jobs.onDidChange,
    jobs: () => jobs.titles(),
  };
}
