import { isThere } from '../../core/files/is-there';
import path from 'node:path';
import * as vscode from 'vscode';
import { messageOf } from '../../core/errors';
import type { RunEvent } from '../../core/records/run-event';
import type { RunRecord } from '../../core/records/run-files';
import { runsDirectory } from '../../core/records/run-paths';
import { listRuns, readRecord, runDirectory } from '../../core/runs/run-store';
import { isOver, reduce } from '../../core/records/run-state';
import { tidyRuns } from '../../core/runs/tidy-runs';
import type { Log } from '../show/log';
import type { RememberedRoots } from './remembered-roots';
import { hasResumePoint } from './resume-point';
import { RunFollower } from './run-follower';
import { isResumable, newRunState, type HostRunState } from './run-state';
import { RunsWatch } from './runs-watch';

/** Changes on disk come in bursts; they are read at most twice a second. */
const READ_EVERY_MS = 500;
/** The first of them sooner, ms. */
const READ_SOON_MS = 50;
/** What VS Code's watcher tells of: runs that come and go, and what becomes of them. */
const WATCHED = '.m2at/{runs,runs/*,runs/*/run.json}';
/** Trees, lenses and the status bar are redrawn as a whole. */
const LIST_EVERY_MS = 1000;

export interface RunUpdate {
  readonly id: string;
  readonly events: readonly RunEvent[];
  /** The state was rebuilt: `events` are not an addition to what was known. */
  readonly rebuilt: boolean;
}

/** A run as lists show it. */
export interface ListedRun {
  readonly record: RunRecord;
  /** Its process is known, and does what this window says. */
  readonly live: boolean;
  readonly resumable: boolean;
}

interface Entry {
  readonly root: string;
  state: HostRunState;
  /** Present once the metrics and samples were asked for. */
  follower?: RunFollower;
  /** Its process is known, and does what this window says. */
  live: boolean;
  /** Its directory is not there yet, or of before: its process tells. */
  pending: boolean;
  /** Whether there is a checkpoint to attack, or anything to go on from, as of the last look at the disk. */
  checkpoint: boolean;
}

/** What a process tells of a run that has no directory yet. */
export interface RunNotice {
  readonly run: string;
  readonly event: RunEvent;
}

/** Every run of the workspace. The run directories are the truth. */
export class Runs implements vscode.Disposable {
  private readonly entries = new Map<string, Entry>();
  /** Runs that ended before they had a directory, for the dashboards that show why. */
  private readonly unwritten = new Map<string, HostRunState>();
  private readonly watchers = new Map<string, vscode.Disposable>();
  private readonly watches = new Map<string, RunsWatch>();
  private readonly changed = new Map<string, Set<string>>();
  private readonly listChanged = new vscode.EventEmitter<void>();
  private readonly updated = new vscode.EventEmitter<RunUpdate>();
  private readonly forgotten = new vscode.EventEmitter<string>();
  private readonly folders = vscode.workspace.onDidChangeWorkspaceFolders(({ removed }) => {
    for (const { uri } of removed) this.dropRoot(uri.fsPath);
    void this.refresh();
  });
  private timer: NodeJS.Timeout | undefined;
  /** When changes were read last. */
  private readAt = -Infinity;
  private announcement: NodeJS.Timeout | undefined;

  /** A run came, went, or has another record. */
  readonly onDidChangeList = this.listChanged.event;
  /** News of one run. */
  readonly onDidUpdate = this.updated.event;
  /** A run was deleted, or left the workspace. */
  readonly onDidForget = this.forgotten.event;

  constructor(
    private readonly log: Log,
    private readonly remembered: RememberedRoots,
  ) {}

  /** Latest first. */
  list(): readonly ListedRun[] {
    return [...this.entries.values()]
      .map(({ state: { record }, live, checkpoint }) => ({
        record,
        live,
        resumable: isResumable(record, checkpoint),
      }))
      .sort((a, b) => b.record.startedAt.localeCompare(a.record.startedAt));
  }

  /** Also of a run that ended before it had a directory, while its dashboard is open. */
  record(id: string): RunRecord | undefined {
    return this.peek(id)?.record;
  }

  /** What is known without reading the disk. */
  peek(id: string): HostRunState | undefined {
    return this.entries.get(id)?.state ?? this.unwritten.get(id);
  }

  isLive(id: string): boolean {
    return this.entries.get(id)?.live ?? false;
  }

  hasCheckpoint(id: string): boolean {
    return this.entries.get(id)?.checkpoint ?? false;
  }

  isResumable(id: string): boolean {
    const entry = this.entries.get(id);
    return entry !== undefined && isResumable(entry.state.record, entry.checkpoint);
  }

  rootOf(id: string): string | undefined {
    return this.entries.get(id)?.root;
  }

  /** Absolute path of the run's directory. */
  directory(id: string): string | undefined {
    const root = this.rootOf(id);
    return root === undefined ? undefined : runDirectory(root, id);
  }

  /** The folders whose runs are shown. */
  async roots(): Promise<string[]> {
    return [
      ...new Set([...workspaceRoots(), ...(await this.remembered.existing()), ...this.watchers.keys()]),
    ];
  }

  /** Watches the runs below a folder, also one outside the workspace: it is watched again after a reload. */
  async addRoot(root: string): Promise<void> {
    if (!workspaceRoots().includes(root)) await this.remembered.add(root);
    await this.watch(root);
  }

  /** Reads the records of every folder again. What can't be read is logged, and keeps no other from it. */
  async refresh(): Promise<void> {
    await Promise.all([
      ...workspaceRoots().map((root) => this.read(root)),
      this.remembered.existing().then((roots) => Promise.all(roots.map((root) => this.read(root)))),
    ]);
  }

  /** The whole state of a run, read from its directory when it is not known yet. */
  async load(id: string): Promise<HostRunState | undefined> {
    const entry = this.entries.get(id);
    if (!entry) return this.unwritten.get(id);
    if (!entry.pending && !entry.follower) await this.rebuild(id, entry);
    return entry.state;
  }

  /** Takes what a job tells of a run that has no directory yet, or goes on with one. */
  accept(root: string, { run, event }: RunNotice): void {
    let entry = this.entries.get(run);
    const isNew = entry?.pending !== true;
    if (!entry) {
      if (event.type !== 'record') return;
      entry = { root, state: newRunState(event.record), live: true, pending: true, checkpoint: false };
      this.entries.set(run, entry);
    }
    Object.assign(entry, { live: true, pending: true });
    const before = entry.state.record.status;
    reduce(entry.state, event);
    this.updated.fire({ id: run, events: [event], rebuilt: false });
    if (event.type !== 'record') return;
    if (isNew || event.record.status !== before) this.listChanged.fire();
  }

  /**
   * A run of a job has its directory: from here on that tells.
   * @param token of the job's process; a run whose record does not repeat it is not the job's
   */
  async attach(root: string, id: string, token: string): Promise<void> {
    let entry = this.entries.get(id);
    if (entry?.live && !entry.pending) return;
    if (!entry) {
      await this.watch(root);
      await this.scan(root);
      entry = this.entries.get(id);
    }
    if (entry?.root !== root) return;
    const record = await readRecord(root, id);
    if (!isOver(record) && record.token !== token) {
      this.log.warn(`${id} does not belong to the process that says so: it is only shown.`);
      return;
    }
    Object.assign(entry, { live: true, pending: false });
    await this.rebuild(id, entry);
    this.listChanged.fire();
  }

  /**
   * The worker of a run has ended: from here on the disk tells. A run without a directory leaves the list, but
   * what it said last is kept for its dashboard.
   * @param reason why the worker ended, for a run that could not say so itself
   */
  async release(id: string, reason?: string): Promise<void> {
    const entry = this.entries.get(id);
    if (!entry) return;
    if (!(await isThere(runDirectory(entry.root, id)))) {
      this.setAside(id, entry, reason);
      return;
    }
    Object.assign(entry, { live: false, pending: false });
    await this.rebuild(id, entry);
    this.listChanged.fire();
  }

  /** Nobody looks any more at what is kept of a run without a directory. */
  dismiss(id: string): void {
    if (this.unwritten.delete(id)) this.listChanged.fire();
  }

  dispose(): void {
    clearTimeout(this.timer);
    clearTimeout(this.announcement);
    for (const disposable of [
      ...this.watchers.values(),
      this.folders,
      this.listChanged,
      this.updated,
      this.forgotten,
    ]) {
      disposable.dispose();
    }
  }

  private async read(root: string): Promise<void> {
    try {
      await (this.watchers.has(root) ? this.scan(root) : this.watch(root));
    } catch (error) {
      this.logUnreadable(root, error);
    }
  }

  private async watch(root: string): Promise<void> {
    if (this.watchers.has(root)) return;
    // VS Code's watcher sees every run, but not reliably; the other one is exact for those that go on.
    const watcher = vscode.workspace.createFileSystemWatcher(
      new vscode.RelativePattern(vscode.Uri.file(root), WATCHED),
    );
    const onChange = ({ fsPath }: vscode.Uri): void => {
      this.noteChange(root, path.relative(runsDirectory(root), fsPath).split(path.sep)[0]);
    };
    const exact = new RunsWatch(root, (id) => {
      this.noteChange(root, id);
    });
    this.watches.set(root, exact);
    this.watchers.set(
      root,
      vscode.Disposable.from(
        watcher,
        watcher.onDidCreate(onChange),
        watcher.onDidChange(onChange),
        watcher.onDidDelete(onChange),
        exact,
      ),
    );
    await this.scan(root);
    // In Restricted Mode nothing is written, nor removed. It changes nothing that is shown, so nobody waits for it.
    if (vscode.workspace.isTrusted) void tidyRuns(root);
  }

  private setAside(id: string, entry: Entry, reason = 'The worker ended before the run began.'): void {
    const { record } = entry.state;
    const last: RunRecord = isOver(record) ? record : { ...record, status: 'failed', message: reason };
    const event: RunEvent = { type: 'record', record: last };
    reduce(entry.state, event);
    this.entries.delete(id);
    this.unwritten.set(id, entry.state);
    this.updated.fire({ id, events: [event], rebuilt: true });
    this.listChanged.fire();
  }

  /** Forgets a folder that left the workspace; one with a run that goes on here is followed further. */
  private dropRoot(root: string): void {
    const inside = [...this.entries].filter(([, entry]) => entry.root === root);
    if (inside.some(([, { live }]) => live)) return;
    this.watchers.get(root)?.dispose();
    this.watchers.delete(root);
    this.watches.delete(root);
    this.changed.delete(root);
    for (const [id] of inside) this.forget(id);
  }

  private logUnreadable(root: string, error: unknown): void {
    this.log.error(`The runs of ${root} can't be read: ${messageOf(error)}`);
  }

  private async rebuild(id: string, entry: Entry): Promise<void> {
    const follower = new RunFollower(entry.root, id);
    entry.follower = follower;
    const changes = await follower.read();
    if (!changes) {
      this.forget(id);
      return;
    }
    entry.checkpoint = await hasResumePoint(entry.state.record, runDirectory(entry.root, id));
    entry.state = newRunState(entry.state.record);
    for (const event of changes.events) reduce(entry.state, event);
    this.follow(entry.root);
    this.updated.fire({ id, events: changes.events, rebuilt: true });
  }

  /** Watches the runs that go on elsewhere, and those that somebody looks at. */
  private follow(root: string): void {
    const ids = [...this.entries]
      .filter(([, entry]) => entry.root === root && (entry.follower ?? !isOver(entry.state.record)))
      .map(([id]) => id);
    this.watches.get(root)?.follow(new Set(ids));
  }

  private announceSoon(): void {
    this.announcement ??= setTimeout(() => {
      this.announcement = undefined;
      this.listChanged.fire();
    }, LIST_EVERY_MS);
  }

  private noteChange(root: string, id = ''): void {
    const ids = this.changed.get(root) ?? new Set<string>();
    this.changed.set(root, ids.add(id));
    const wait = Math.max(READ_SOON_MS, this.readAt + READ_EVERY_MS - performance.now());
    this.timer ??= setTimeout(() => {
      this.timer = undefined;
      this.readAt = performance.now();
      const changed = [...this.changed];
      this.changed.clear();
      for (const [changedRoot, changedIds] of changed) {
        this.readChanges(changedRoot, changedIds).catch((error: unknown) => {
          this.logUnreadable(changedRoot, error);
        });
      }
    }, wait);
  }

  private async readChanges(root: string, ids: ReadonlySet<string>): Promise<void> {
    if (!this.watchers.has(root)) return;
    // A change above a run's folder (all runs were deleted, say), or a run that is new here.
    if ([...ids].some((id) => this.entries.get(id)?.root !== root)) await this.scan(root);
    for (const id of ids) {
      const entry = this.entries.get(id);
      if (entry?.root === root && !entry.pending) await this.readChange(id, entry);
    }
  }

  private async readChange(id: string, entry: Entry): Promise<void> {
    const folder = runDirectory(entry.root, id);
    if (!(await isThere(folder))) {
      this.forget(id);
      return;
    }
    // One that there is stays for as long as the run goes on.
    if (!entry.checkpoint || isOver(entry.state.record))
      entry.checkpoint = await hasResumePoint(entry.state.record, folder);
    if (!entry.follower) {
      reduce(entry.state, { type: 'record', record: await readRecord(entry.root, id) });
      this.follow(entry.root);
      this.listChanged.fire();
      return;
    }
    const before = entry.state.record.status;
    const changes = await entry.follower.read();
    if (!changes) {
      this.forget(id);
      return;
    }
    if (changes.restarted) {
      await this.rebuild(id, entry);
    } else if (changes.events.length > 0) {
      for (const event of changes.events) reduce(entry.state, event);
      this.updated.fire({ id, events: changes.events, rebuilt: false });
    }
    const { status } = entry.state.record;
    if (status !== before) this.listChanged.fire();
    // Only how far it is has changed: the lists need not be redrawn for every step.
    else if (changes.events.some(({ type }) => type === 'record' || type === 'progress')) this.announceSoon();
  }

  private async scan(root: string): Promise<void> {
    const records = await listRuns(root);
    const checkpoints = new Map(
      await Promise.all(
        records.map(
          async (record) => [record.id, await hasResumePoint(record, runDirectory(root, record.id))] as const,
        ),
      ),
    );
    if (!this.watchers.has(root)) return;
    for (const [id, entry] of this.entries) {
      if (entry.root === root && !entry.live && !checkpoints.has(id)) this.forget(id);
    }
    for (const record of records) {
      const entry = this.entries.get(record.id);
      const checkpoint = checkpoints.get(record.id) ?? false;
      if (!entry) {
        const state = newRunState(record);
        this.entries.set(record.id, { root, state, live: false, pending: false, checkpoint });
      } else if (entry.root === root && !entry.pending) {
        reduce(entry.state, { type: 'record', record });
        entry.checkpoint = checkpoint;
      }
    }
    this.follow(root);
    this.listChanged.fire();
  }

  private forget(id: string): void {
    this.entries.delete(id);
    this.forgotten.fire(id);
    this.listChanged.fire();
  }
}

function workspaceRoots(): string[] {
  const folders = vscode.workspace.workspaceFolders ?? [];
  return folders.flatMap(({ uri }) => (uri.scheme === 'file' ? [uri.fsPath] : []));
}
