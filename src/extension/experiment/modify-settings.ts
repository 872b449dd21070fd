import * as vscode from 'vscode';
import type { ResolvedExperiment } from '../../core/experiment/experiment-schema';
import type { Json, JsonObject } from '../../core/experiment/overlay';
import { problemLine, type ExperimentProblem } from '../../core/experiment/parse-experiment';
import { settingList, type Setting } from '../../core/experiment/setting-list';
import { settingText, settingValue } from '../../core/experiment/setting-text';
import { withSettings, type Settings } from '../../core/experiment/set-settings';
import { fractionText } from '../../core/fraction';
import { changedExperiment } from '../../core/runs/experiment-like';
import { withoutKeys } from '../../core/without-keys';
import { showWarning } from '../show/notifications';
import { askText, pick, separator } from '../show/questions';

/** What is done with the settings of a run. */
export interface ModifiedRun {
  readonly then: 'start' | 'edit';
  readonly set: Settings;
  /** Valid with these settings. */
  readonly experiment: ResolvedExperiment;
}

interface Item extends vscode.QuickPickItem {
  readonly then?: ModifiedRun['then'];
  readonly setting?: Setting;
}

/** What people change most, in this order; the rest follows in the order of the file. */
const OFTEN = [
  ...['method.epsilon', 'method.stepSize', 'method.steps', 'training.schedule.learningRate'],
  ...['training.epochs', 'training.batchSize', 'seed', 'method.name', 'model.name', 'name'],
];

/**
 * Shows the settings of a run, and lets the user change any of them, each checked as in a file.
 * @returns undefined when it was dismissed
 */
export async function modifySettings(experiment: ResolvedExperiment): Promise<ModifiedRun | undefined> {
  let set: Settings = {};
  for (;;) {
    const picked = await pick(itemsOf(experiment, set), {
      title: `Modify and run again: ${experiment.name}`,
      placeHolder: 'Pick a setting to change it; the first entry starts the run',
      matchOnDescription: true,
      ignoreFocusOut: true,
    });
    if (!picked) return undefined;
    if (picked.setting) {
      set = await askSetting(experiment, set, picked.setting);
      continue;
    }
    const { runs, problems = [] } = changedExperiment(experiment, set);
    const [run] = runs ?? [];
    if (run && picked.then) return { then: picked.then, set, experiment: run.experiment };
    void showWarning(problems.map(problemLine).slice(0, 3).join('; '));
  }
}

function itemsOf(experiment: ResolvedExperiment, set: Settings): Item[] {
  const settings = settingList(objectOf(experiment, set));
  const before = new Map(settingList(objectOf(experiment, {})).map(({ path, value }) => [path, value]));
  const rank = ({ path }: Setting): number => OFTEN.indexOf(path);
  const often = settings.filter((each) => rank(each) >= 0).sort((a, b) => rank(a) - rank(b));
  const changed = Object.entries(set).map(([path, value]) => {
    const then = before.get(path);
    return `${path}: ${then === undefined ? 'not set' : shown(then)} → ${value === null ? 'default' : shown(value)}`;
  });
  const { runs, problems = [] } = changedExperiment(experiment, set);
  const name = runs?.[0]?.experiment.name;
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
      detail: name === undefined ? problems.map(problemLine).join('; ') : changed.join('; '),
      then: 'start',
    },
    {
      label: 'Edit as a file…',
      iconPath: new vscode.ThemeIcon('edit'),
      description: 'a new experiment with every setting',
      then: 'edit',
    },
    separator('Often changed'),
    ...often.map(item),
    separator('All settings'),
    ...settings.filter((each) => rank(each) < 0).map(item),
  ];
}

function objectOf(experiment: ResolvedExperiment, set: Settings): JsonObject {
  // As its record has it; a recipe has done what it does.
  const object = JSON.parse(JSON.stringify(withoutKeys(experiment, ['recipe']))) as JsonObject;
  return withSettings(object, set).object ?? object;
}

function valueNow({ value }: Setting, isChanged: boolean, before: Json | undefined): string {
  const now = value === undefined ? 'not set' : shown(value);
  if (!isChanged) return now;
  return `${now}, changed (was ${before === undefined ? 'not set' : shown(before)})`;
}

/** Grey levels as people write them. */
function shown(value: Json): string {
  const fraction = typeof value === 'number' ? fractionText(value) : '';
  return fraction.includes('/') ? fraction : settingText(value);
}

/** What is set, with the answer; the same when the question was dismissed. */
async function askSetting(
  experiment: ResolvedExperiment,
  set: Settings,
  setting: Setting,
): Promise<Settings> {
  const { path, description, kind, choices, value } = setting;
  const title = `${experiment.name}: ${path}`;
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
    if (!picked.typed) return withAnswer(experiment, set, path, picked.label);
  }
  const text = await askText({
    title,
    prompt: `${description.replace(/\.$/, '')} (${kind}). Empty: the default.`.trim(),
    value: value === undefined ? '' : shown(value),
    problemOf: (answer) => problemWith(experiment, withAnswer(experiment, set, path, answer), path),
  });
  return text === undefined ? set : withAnswer(experiment, set, path, text);
}

/** What the run had is no change; no answer is the default. */
function withAnswer(experiment: ResolvedExperiment, set: Settings, path: string, answer: string): Settings {
  const others = Object.fromEntries(Object.entries(set).filter(([key]) => key !== path));
  const before = settingList(objectOf(experiment, others)).find((each) => each.path === path)?.value;
  const text = answer.trim();
  if (before === undefined ? text === '' : text === shown(before) || text === settingText(before))
    return others;
  return { ...others, [path]: text === '' ? null : settingValue(text) };
}

/** What is wrong at a path, in what is above it and in it; the rest is told where the run is started. */
function problemWith(experiment: ResolvedExperiment, set: Settings, path: string): string | undefined {
  const { problems = [] } = changedExperiment(experiment, set);
  const own = problems.find((problem) => isAbout(problem, path));
  return own && problemLine(own);
}

function isAbout({ field }: ExperimentProblem, path: string): boolean {
  const dotted = field.replaceAll(/\[(\d+)\]/g, '.$1');
  return dotted === path || dotted.startsWith(`${path}.`) || path.startsWith(`${dotted}.`);
}
