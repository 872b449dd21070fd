import * as vscode from 'vscode';
import { messageOf } from '../../core/errors';
import { isThere } from '../../core/files/is-there';
import { runDirectory, runFile } from '../../core/records/run-paths';
import { isOver, reduce } from '../../core/records/run-state';
import { once } from '../once';
import type { Log } from '../show/log';
import { ChangesOnDisk, type ChangedFiles, type Changes } from './changes-on-disk';
import { KnownRuns } from './known-runs';
import type { RememberedRoots } from './remembered-roots';
import { listText } from './list-text';
import { RootWatch } from './root-watch';
import { newEntry, type RunEntry } from './run-entry';
import { newRunState, type HostRunState } from './run-state';
import { workspaceRoots } from './workspace-roots';

/** Loaded with the first directory, because activation has to be short. */
const reading = once(() => import('./read-runs'));

/** Every run of the workspace. The run directories are the truth. */
export class Runs extends KnownRuns {
  private readonly watches = new Map<string, RootWatch>();
  private readonly changes = new ChangesOnDisk((root, changes) => {
    this.readChanges(root, changes).catch((error: unknown) => {
      this.logUnreadable(root, error);
    });
  });
  private readonly folders = vscode.workspace.onDidChangeWorkspaceFolders(({ removed }) => {
    for (const { uri } of removed) this.dropRoot(uri.fsPath);
    void this.refresh();
  });

  constructor(
    private readonly log: Log,
    private readonly remembered: RememberedRoots,
  ) {
    super();
  }

  /** The folders whose runs are shown. */
  async roots(): Promise<string[]> {
    return [...new Set([...workspaceRoots(), ...(await this.remembered.existing()), ...this.watches.keys()])];
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
    if (!entry) return this.peek(id);
    if (!entry.pending && !entry.follower) await this.rebuild(id, entry);
    return entry.state;
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
    const { readRecord } = await reading();
    const record = await readRecord(root, id);
    if (!isOver(record) && record.token !== token) {
      this.log.warn(`${id} does not belong to the process that says so: it is only shown.`);
      return;
    }
    Object.assign(entry, { live: true, pending: false });
    await this.rebuild(id, entry);
    this.tellList();
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
    this.tellList();
  }

  override dispose(): void {
    super.dispose();
    this.changes.dispose();
    this.folders.dispose();
    for (const watch of this.watches.values()) watch.dispose();
  }

  private async read(root: string): Promise<void> {
    try {
      await (this.watches.has(root) ? this.scan(root) : this.watch(root));
    } catch (error) {
      this.logUnreadable(root, error);
    }
  }

  private logUnreadable(root: string, error: unknown): void {
    this.log.error(`The runs of ${root} can't be read: ${messageOf(error)}`);
  }

  private async watch(root: string): Promise<void> {
    if (this.watches.has(root)) return;
    const watch = new RootWatch(root, (id, file) => {
      this.changes.note(root, id, file);
    });
    this.watches.set(root, watch);
    await this.scan(root);
    const { tidyRuns } = await reading();
    // In Restricted Mode nothing is written, nor removed. It changes nothing that is shown, so nobody waits for it.
    if (vscode.workspace.isTrusted) void tidyRuns(root);
  }

  /** Watches the files of runs that go on elsewhere, and of those that somebody looks at. */
  private follow(root: string): void {
    const ids = [...this.entries]
      .filter(([, entry]) => entry.root === root && (entry.follower ?? !isOver(entry.state.record)))
      .map(([id]) => id);
    this.watches.get(root)?.follow(new Set(ids));
  }

  /** Forgets a folder that left the workspace; one with a run that goes on here is followed further. */
  private dropRoot(root: string): void {
    const inside = [...this.entries].filter(([, entry]) => entry.root === root);
    if (inside.some(([, { live }]) => live)) return;
    this.watches.get(root)?.dispose();
    this.watches.delete(root);
    this.changes.forget(root);
    for (const [id] of inside) this.forget(id);
  }

  /** Reads the whole run. */
  private async rebuild(id: string, entry: RunEntry): Promise<void> {
    const { hasResumePoint, RunFollower } = await reading();
    const follower = new RunFollower(entry.root, id);
    entry.follower = follower;
    const changes = await follower.read();
    if (!changes) {
      this.forget(id);
      return;
    }
    entry.checkpoint = await hasResumePoint(entry.state.record, runDirectory(entry.root, id));
    entry.state = newRunState(entry.state.record);
    this.take(id, entry, changes.events, true);
    this.follow(entry.root);
  }

  private async readChanges(root: string, changes: Changes): Promise<void> {
    if (!this.watches.has(root)) return;
    // A change above a run's folder (all runs were deleted, say), or a run that is new here.
    if ([...changes.keys()].some((id) => this.entries.get(id)?.root !== root)) await this.scan(root);
    for (const [id, files] of changes) {
      const entry = this.entries.get(id);
      if (entry?.root !== root || entry.pending) continue;
      this.touched.fire(id);
      if (entry.follower) await this.readFollowed(id, entry, files);
      else if (!files || files.has(runFile.record) || files.has(runFile.marks))
        await this.readListed(id, entry);
    }
  }

  /** A run of which only the record is wanted. */
  private async readListed(id: string, entry: RunEntry): Promise<void> {
    const folder = runDirectory(entry.root, id);
    if (!(await isThere(folder))) {
      this.forget(id);
      return;
    }
    const { readRecord } = await reading();
    await this.lookForCheckpoint(id, entry);
    reduce(entry.state, { type: 'record', record: await readRecord(entry.root, id) });
    this.follow(entry.root);
    this.tellList();
  }

  /** A run that somebody looks at, or that is a job's. */
  private async readFollowed(id: string, entry: RunEntry, files: ChangedFiles): Promise<void> {
    const changes = await entry.follower?.read(files);
    if (!changes) {
      this.forget(id);
      return;
    }
    await this.lookForCheckpoint(id, entry);
    const before = entry.state.record.status;
    const textBefore = listText(entry.state);
    if (changes.restarted) await this.rebuild(id, entry);
    else if (changes.events.length > 0) this.take(id, entry, changes.events);
    if (entry.state.record.status !== before) this.tellList();
    else if (listText(entry.state) !== textBefore) this.tellListSoon();
  }

  /** One that there is stays for as long as the run goes on. */
  private async lookForCheckpoint(id: string, entry: RunEntry): Promise<void> {
    const { record } = entry.state;
    if (entry.checkpoint && !isOver(record)) return;
    const { hasResumePoint } = await reading();
    entry.checkpoint = await hasResumePoint(record, runDirectory(entry.root, id));
  }

  private async scan(root: string): Promise<void> {
    const { readRuns } = await reading();
    const found = await readRuns(root);
    if (!this.watches.has(root)) return;
    const ids = new Set(found.map(({ record }) => record.id));
    for (const [id, entry] of this.entries) {
      if (entry.root === root && !entry.live && !ids.has(id)) this.forget(id);
    }
    for (const { record, checkpoint } of found) {
      const entry = this.entries.get(record.id);
      if (!entry) this.entries.set(record.id, newEntry(root, record, { checkpoint: checkpoint ?? false }));
      else if (entry.root === root && !entry.pending) {
        reduce(entry.state, { type: 'record', record });
        entry.checkpoint = checkpoint ?? entry.checkpoint;
      }
    }
    this.follow(root);
    this.tellList();
  }
}
