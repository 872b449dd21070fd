import * as vscode from 'vscode';
import type { Json } from '../../core/experiment/overlay';
import type { Setting } from '../../core/experiment/setting-list';
import { settingText, settingValue } from '../../core/experiment/setting-text';
import type { Settings } from '../../core/experiment/set-settings';
import { fractionText } from '../../core/fraction';
import { showWarning } from '../show/notifications';
import { askText, pick, separator } from '../show/questions';

/** A run whose settings can be changed. */
export interface Modifiable {
  readonly name: string;
  /** What people change most, in this order, `*` for a place in a list; the rest follows in the order of the settings. */
  readonly often: readonly string[];
  /** Whether it can be edited as a file instead. */
  readonly isFile: boolean;
  /** Every setting, and those that it could have, with some changed. */
  readonly settings: (set: Settings) => readonly Setting[];
  /** With these settings: what the run is called, or what is wrong with them. */
  readonly changed: (
    set: Settings,
  ) =>
    | { readonly name: string; readonly problems?: undefined }
    | { readonly name?: undefined; readonly problems: readonly SettingProblem[] };
}

export interface SettingProblem {
  /** Dotted; empty where it is about several. */
  readonly path: string;
  readonly text: string;
}

/** What is done with the settings of a run. They are valid. */
export interface ModifiedRun {
  readonly then: 'start' | 'edit';
  readonly set: Settings;
}

interface Item extends vscode.QuickPickItem {
  readonly then?: ModifiedRun['then'];
  readonly setting?: Setting;
}

/**
 * Shows the settings of a run, and lets the user change any of them, each checked as in a file.
 * @returns undefined when it was dismissed
 */
export async function modifySettings(run: Modifiable): Promise<ModifiedRun | undefined> {
  let set: Settings = {};
  for (;;) {
    const picked = await pick(itemsOf(run, set), {
      title: `Modify and run again: ${run.name}`,
      placeHolder: 'Pick a setting to change it; the first entry starts the run',
      matchOnDescription: true,
      ignoreFocusOut: true,
    });
    if (!picked) return undefined;
    if (picked.setting) {
      set = await askSetting(run, set, picked.setting);
      continue;
    }
    const { problems } = run.changed(set);
    if (!problems && picked.then) return { then: picked.then, set };
    void showWarning(
      (problems ?? [])
        .map(({ text }) => text)
        .slice(0, 3)
        .join('; '),
    );
  }
}

function itemsOf(run: Modifiable, set: Settings): Item[] {
  const settings = run.settings(set);
  const before = new Map(run.settings({}).map(({ path, value }) => [path, value]));
  const rank = ({ path }: Setting): number => run.often.indexOf(path.replaceAll(/\.\d+\./g, '.*.'));
  const often = settings.filter((each) => rank(each) >= 0).sort((a, b) => rank(a) - rank(b));
  const changed = Object.entries(set).map(([path, value]) => {
    const then = before.get(path);
    return `${path}: ${then === undefined ? 'not set' : shown(then)} → ${value === null ? 'default' : shown(value)}`;
  });
  const { name, problems = [] } = run.changed(set);
  const item = (setting: Setting): Item => ({
    label: setting.path,
    description: valueNow(setting, Object.hasOwn(set, setting.path), before.get(setting.path)),
    detail: setting.description,
    setting,
  });
  return [
    {
      label: changed.length === 0 ? 'Start the same again' : 'Start',
      iconPath: new vscode.ThemeIcon(name === undefined ? 'warning' : 'play'),
      description: name ?? '',
      detail: name === undefined ? problems.map(({ text }) => text).join('; ') : changed.join('; '),
      then: 'start',
    },
    ...(run.isFile ? [asFile] : []),
    separator('Often changed'),
    ...often.map(item),
    separator('All settings'),
    ...settings.filter((each) => rank(each) < 0).map(item),
  ];
}

const asFile: Item = {
  label: 'Edit as a file…',
  iconPath: new vscode.ThemeIcon('edit'),
  description: 'a new experiment with every setting',
  then: 'edit',
};

function valueNow({ value }: Setting, isChanged: boolean, before: Json | undefined): string {
  const now = value === undefined ? 'not set' : shown(value);
  if (!isChanged) return now;
  return `${now}, changed (was ${before === undefined ? 'not set' : shown(before)})`;
}

/** Grey levels as people write them. */
function shown(value: Json): string {
  return settingText(Array.isArray(value) ? value.map(inGreyLevels) : inGreyLevels(value));
}

function inGreyLevels(value: Json): Json {
  const fraction = typeof value === 'number' ? fractionText(value) : '';
  return fraction.includes('/') ? fraction : value;
}

/** What is set, with the answer; the same when the question was dismissed. */
async function askSetting(run: Modifiable, set: Settings, setting: Setting): Promise<Settings> {
  const { path, description, kind, choices, value } = setting;
  const title = `${run.name}: ${path}`;
  if (choices.length > 1) {
    const items = choices.map((choice) => ({
      label: String(choice.value),
      description: choice.value === value ? 'now' : '',
      detail: choice.description ?? '',
      typed: false,
    }));
    const other = { label: 'Another value…', description: '', detail: '', typed: true };
    const isOpen = kind !== 'text' && kind !== 'true or false';
    const picked = await pick(isOpen ? [...items, other] : items, {
      title,
      placeHolder: description || 'Value',
      matchOnDetail: true,
      ignoreFocusOut: true,
    });
    if (!picked) return set;
    if (!picked.typed) return withAnswer(run, set, path, picked.label);
  }
  const text = await askText({
    title,
    prompt: `${description.replace(/\.$/, '')} (${kind}). Empty: the default.`.trim(),
    value: value === undefined ? '' : shown(value),
    problemOf: (answer) => problemWith(run, withAnswer(run, set, path, answer), path),
  });
  return text === undefined ? set : withAnswer(run, set, path, text);
}

/** What the run had is no change; no answer is the default. */
function withAnswer(run: Modifiable, set: Settings, path: string, answer: string): Settings {
  const others = Object.fromEntries(Object.entries(set).filter(([key]) => key !== path));
  const before = run.settings(others).find((each) => each.path === path)?.value;
  const text = answer.trim();
  if (before === undefined ? text === '' : text === shown(before) || text === settingText(before))
    return others;
  return { ...others, [path]: text === '' ? null : settingValue(text) };
}

/** What is wrong at a path, in what is above it and in it; the rest is told where the run is started. */
function problemWith(run: Modifiable, set: Settings, path: string): string | undefined {
  const isAbout = (problem: SettingProblem): boolean =>
    problem.path === '' ||
    problem.path === path ||
    problem.path.startsWith(`${path}.`) ||
    path.startsWith(`${problem.path}.`);
  return run.changed(set).problems?.find(isAbout)?.text;
}
