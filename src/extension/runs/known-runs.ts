import * as vscode from 'vscode';
import type { RunEvent } from '../../core/records/run-event';
import type { RunRecord } from '../../core/records/run-files';
import { runDirectory } from '../../core/records/run-paths';
import { isOver, reduce } from '../../core/records/run-state';
import type { ListedRun } from './listed-run';
import { newEntry, type RunEntry } from './run-entry';
import { isResumable, type HostRunState } from './run-state';
import type { RunUpdate } from './run-update';

/** Trees, lenses and the status bar are redrawn as a whole. */
const LIST_EVERY_MS = 1000;

/** What a process tells of a run that has no directory yet. */
export interface RunNotice {
  readonly run: string;
  readonly event: RunEvent;
}

/** What this window knows of runs, and who hears of it. */
export class KnownRuns implements vscode.Disposable {
  protected readonly entries = new Map<string, RunEntry>();
  /** Runs that ended before they had a directory, for the dashboards that show why. */
  private readonly unwritten = new Map<string, HostRunState>();
  private readonly listChanged = new vscode.EventEmitter<void>();
  private readonly updated = new vscode.EventEmitter<RunUpdate>();
  private readonly forgotten = new vscode.EventEmitter<string>();
  protected readonly touched = new vscode.EventEmitter<string>();
  private announcement: NodeJS.Timeout | undefined;

  /** A run came, went, or has another record. */
  readonly onDidChangeList = this.listChanged.event;
  /** News of one run. */
  readonly onDidUpdate = this.updated.event;
  /** A run was deleted, or left the workspace. */
  readonly onDidForget = this.forgotten.event;

  /** A file in the directory of a run has changed, whether anybody reads it or not. */
  readonly onDidTouch = this.touched.event;

  /** The run that is selected in the view of runs. */
  selected: string | undefined;

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

  /** Takes what a job tells of a run that has no directory yet, or goes on with one. */
  accept(root: string, { run, event }: RunNotice): void {
    let entry = this.entries.get(run);
    const isNew = entry?.pending !== true;
    if (!entry) {
      if (event.type !== 'record') return;
      entry = newEntry(root, event.record, { live: true, pending: true });
      this.entries.set(run, entry);
    }
    Object.assign(entry, { live: true, pending: true });
    const before = entry.state.record.status;
    this.take(run, entry, [event]);
    if (event.type !== 'record') return;
    if (isNew || event.record.status !== before) this.tellList();
  }

  /** Nobody looks any more at what is kept of a run without a directory. */
  dismiss(id: string): void {
    if (this.unwritten.delete(id)) this.tellList();
  }

  dispose(): void {
    clearTimeout(this.announcement);
    const emitters = [this.listChanged, this.updated, this.forgotten, this.touched];
    for (const emitter of emitters) emitter.dispose();
  }

  /** @param rebuilt whether the state is new, and has only these events */
  protected take(id: string, { state }: RunEntry, events: readonly RunEvent[], rebuilt = false): void {
    for (const event of events) reduce(state, event);
    this.updated.fire({ id, events, rebuilt });
  }

  /** A run ended before it had a directory: what it said last is kept for its dashboard. */
  protected setAside(id: string, entry: RunEntry, reason = 'The worker ended before the run began.'): void {
    const { record } = entry.state;
    const last: RunRecord = isOver(record) ? record : { ...record, status: 'failed', message: reason };
    this.entries.delete(id);
    this.unwritten.set(id, entry.state);
    this.take(id, entry, [{ type: 'record', record: last }], true);
    this.tellList();
  }

  protected forget(id: string): void {
    this.entries.delete(id);
    this.forgotten.fire(id);
    this.tellList();
  }

  protected tellList(): void {
    clearTimeout(this.announcement);
    this.announcement = undefined;
    this.listChanged.fire();
  }

  /** Only how far a run is has changed: the lists need not be redrawn for every step. */
  protected tellListSoon(): void {
    this.announcement ??= setTimeout(() => {
      this.tellList();
    }, LIST_EVERY_MS);
  }
}
