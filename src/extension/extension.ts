import * as vscode from 'vscode';
import type { RunRecord } from '../core/records/run-files';
import { registerActiveCheckpoint } from './checkpoint/active-checkpoint';
import { registerCommandsOnDemand } from './commands/commands-on-demand';
import { EditingOnDemand } from './experiment/editing-on-demand';
import { once } from './once';
import { RememberedRoots } from './runs/remembered-roots';
import { Runs } from './runs/runs';
import type { Services } from './services';
import { createLog } from './show/log';
import { registerTextPages } from './show/text-pages';
import { Comparisons } from './views/comparisons';
import { Dashboards } from './views/dashboards';
import { registerQueueView } from './views/queue-view';
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
  /** What waits for its turn on this machine, in order, has changed. */
  readonly onDidChangeQueue: vscode.Event<void>;
  /** Titles of what waits. */
  readonly queue: () => readonly string[];
}

/** Now, or once the workspace is trusted: until then nothing that goes on is connected to. */
function whenTrusted(begin: () => void): void {
  if (vscode.workspace.isTrusted) begin();
  else vscode.workspace.onDidGrantWorkspaceTrust(begin);
}

/** Reads the runs that there are, and follows those that go on. */
async function findRuns(services: Services, { subscriptions }: vscode.ExtensionContext): Promise<void> {
  await services.runs.refresh();
  const { registerFoundJobs } = await import('./commands/found-jobs');
  whenTrusted(() => {
    subscriptions.push(registerFoundJobs(services));
  });
}

/**
 * Wires the features. Nothing is read from disk and nothing is computed before this returns, and what is not needed yet is
 * not even loaded: `test/unit/extension/activation.test.ts` says what may be.
 */
export function activate(context: vscode.ExtensionContext): M2atApi {
  const log = createLog('M2AT');
  const { extensionUri, workspaceState: memory } = context;
  const runs = new Runs(log, new RememberedRoots(memory));
  const jobs = new Jobs(context.asAbsolutePath('dist/worker.js'), runs, log);
  const questions = new Questions(context.asAbsolutePath('dist/worker.js'), log);
  const dashboards = new Dashboards(extensionUri, runs, jobs, log);
  const comparisons = new Comparisons({ extensionUri, runs, log });
  const editing = new EditingOnDemand({ runs });
  const { diagnostics } = editing;
  const registry = once(async () => (await import('../core/registry/registry')).builtIn);
  const formats = once(async () => (await import('../core/models/formats')).formats);
  const services: Services = {
    ...{ registry, extensionUri, log, memory, runs, jobs, questions, dashboards, comparisons, diagnostics },
  };

  context.subscriptions.push(
    // Disposed in this order: what writes to the log before it closes.
    jobs,
    questions,
    dashboards,
    comparisons,
    editing,
    runs,
    registerCommandsOnDemand(services),
    registerRunsTree(services),
    registerQueueView(services),
    registerStatusBar(services),
    registerActiveCheckpoint(formats),
    registerTextPages(),
    jobs.onDidStartRun((run) => void dashboards.open(run, { preserveFocus: true })),
    log,
    followRunFolders(() => void runs.refresh()),
  );
  setImmediate(() => void findRuns(services, context));
  return {
    onDidChangeRuns: runs.onDidChangeList,
    runs: () => runs.list().map(({ record }) => record),
    record: (id) => runs.record(id),
    onDidChangeJobs: jobs.onDidChange,
    jobs: () => jobs.titles(),
    onDidChangeQueue: jobs.waiting.onDidChange,
    queue: () => jobs.waiting.list.map(({ title }) => title),
  };
}
