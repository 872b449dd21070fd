import * as vscode from 'vscode';
import { deviceNames, type DeviceName } from '../core/engine/devices/device';
import { settings, type SettingKey } from './contributions';

/** Settings are typed by hand in a JSON file, so their values are checked where they are read. */
function read(key: SettingKey): unknown {
  return vscode.workspace.getConfiguration().get<unknown>(key);
}

export function deviceSetting(): DeviceName | 'auto' {
  const value = read('m2at.device');
  return deviceNames.find((name) => name === value) ?? settings['m2at.device'];
}

/** CPU threads; 0 means all cores. */
export function threadsSetting(): number {
  const value = read('m2at.threads');
  return typeof value === 'number' && Number.isInteger(value) && value >= 0
    ? value
    : settings['m2at.threads'];
}

/**
 * Folders that runs may be kept in, although `.m2at` or `.m2at/runs` is a link to there. Only the user's own settings count,
 * whatever a workspace says.
 */
export function runFoldersSetting(): string[] {
  const key: SettingKey = 'm2at.runFolders';
  const value = vscode.workspace.getConfiguration().inspect<unknown>(key)?.globalValue;
  return Array.isArray(value) ? value.filter((folder) => typeof folder === 'string') : [];
}

/** Whether to start even where memory is not expected to suffice. */
export function ignoreMemorySetting(): boolean {
  const value = read('m2at.ignoreMemory');
  return typeof value === 'boolean' ? value : settings['m2at.ignoreMemory'];
}

/** Jobs at a time on one device; undefined where the user has not said it in this window. */
export function runsPerDeviceSetting(): number | undefined {
  const key: SettingKey = 'm2at.runsPerDevice';
  const value = vscode.workspace.getConfiguration().inspect<unknown>(key)?.globalValue;
  return typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= 64
    ? value
    : undefined;
}

/** What a run does when no window and no command line has been looking at it for a minute. */
export function aloneSetting(): 'continue' | 'ask' | 'stop' {
  const value = read('m2at.whenAlone');
  return value === 'stop' || value === 'ask' ? value : settings['m2at.whenAlone'];
}

export function codeLensSetting(): boolean {
  const value = read('m2at.codeLens');
  return typeof value === 'boolean' ? value : settings['m2at.codeLens'];
}

/** What the settings lay over an experiment file; nothing where they are at their defaults. */
export function trainingOverrides(): { device?: DeviceName; threads?: number; ignoreMemory?: true } {
  const device = deviceSetting();
  const threads = threadsSetting();
  return {
    ...(device !== 'auto' && { device }),
    ...(threads > 0 && { threads }),
    ...(ignoreMemorySetting() && { ignoreMemory: true }),
  };
}
