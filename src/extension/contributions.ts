/**
 * Everything that package.json contributes and code names: commands, settings, context keys, views.
 * A test compares these tables with package.json, both ways.
 */

export const commands = {
  startTraining: 'm2at.startTraining',
  stopRun: 'm2at.stopRun',
  stopAllRuns: 'm2at.stopAllRuns',
  pauseRun: 'm2at.pauseRun',
  evaluateNow: 'm2at.evaluateNow',
  resumeRun: 'm2at.resumeRun',
  modifyRun: 'm2at.modifyRun',
  saveSettings: 'm2at.saveSettings',
  copyCommand: 'm2at.copyCommand',
  openDashboard: 'm2at.openDashboard',
  compareRuns: 'm2at.compareRuns',
  compareSettings: 'm2at.compareSettings',
  attackCheckpoint: 'm2at.attackCheckpoint',
  evaluateExamples: 'm2at.evaluateExamples',
  openReport: 'm2at.openReport',
  saveReport: 'm2at.saveReport',
  showDataset: 'm2at.showDataset',
  showDevices: 'm2at.showDevices',
  showLog: 'm2at.showLog',
  showRunActions: 'm2at.showRunActions',
  refreshRuns: 'm2at.refreshRuns',
  startWaiting: 'm2at.startWaiting',
  removeWaiting: 'm2at.removeWaiting',
  moveWaitingUp: 'm2at.moveWaitingUp',
  moveWaitingDown: 'm2at.moveWaitingDown',
  renameRun: 'm2at.renameRun',
  starRun: 'm2at.starRun',
  tagRun: 'm2at.tagRun',
  noteRun: 'm2at.noteRun',
  revealRun: 'm2at.revealRun',
  deleteRun: 'm2at.deleteRun',
} as const;

export type CommandId = (typeof commands)[keyof typeof commands];

/** Settings with the defaults that package.json declares. */
export const settings = {
  'm2at.device': 'auto',
  'm2at.threads': 0,
  'm2at.ignoreMemory': false,
  'm2at.runsPerDevice': 1,
  'm2at.whenAlone': 'continue',
  'm2at.codeLens': true,
  'm2at.runFolders': [],
} as const;

export type SettingKey = keyof typeof settings;

/** Keys of `when` clauses. */
export const contextKeys = {
  /** Something goes on that can be stopped from here. */
  hasLiveRun: 'm2at.hasLiveRun',
  /** The workspace has at least one run. */
  hasRuns: 'm2at.hasRuns',
  /** At least one run was stopped or failed and can be continued. */
  hasResumableRun: 'm2at.hasResumableRun',
  /** At least one attack is over, so there is a report to open. */
  hasReport: 'm2at.hasReport',
  /** At least one run waits for its turn. */
  hasWaitingRun: 'm2at.hasWaitingRun',
  /** The active editor shows a checkpoint (its content was looked at, not only its name). */
  activeCheckpoint: 'm2at.activeCheckpoint',
} as const;

export type ContextKey = (typeof contextKeys)[keyof typeof contextKeys];

export const views = { container: 'm2at', runs: 'm2at.runs', queue: 'm2at.queue' } as const;

/** Type of the dashboard's webview panel. */
export const dashboardViewType = 'm2at.dashboard';

/** Type of the panels that compare runs. */
export const compareViewType = 'm2at.compare';

/** `contextValue` of a run in the tree: words that `when` clauses look for with `=~ /\bword\b/`. */
export const runTraits = [
  ...(['live', 'pausable', 'training', 'trained', 'over', 'resumable', 'attackable', 'reported'] as const),
] as const;
export type RunTrait = (typeof runTraits)[number];

export const experimentGlob = '**/*.m2at.json';

/** Language id of experiment files: JSON with comments, whose only checker is this extension. */
export const experimentLanguage = 'm2at-experiment';
