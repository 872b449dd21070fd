import { fractionText } from '../../fraction';

export type SettingValue = string | number | boolean | null;

/** The settings of a run by their dotted paths, such as `method.epsilon`. A list is one value, as text. */
export type FlatSettings = Readonly<Record<string, SettingValue>>;

/** Deeper than any setting lies. */
const DEEPEST = 12;

/** What an object says, path by path. What is nothing that a setting can be is left out. */
export function flatSettings(settings: unknown): FlatSettings {
  const found: [string, SettingValue][] = [];
  const visit = (value: unknown, path: string, depth: number): void => {
    if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') {
      found.push([path, value]);
    } else if (value === null) found.push([path, null]);
    else if (Array.isArray(value)) found.push([path, listText(value)]);
    else if (typeof value === 'object' && depth < DEEPEST) {
      for (const [key, part] of Object.entries(value)) {
        visit(part, path === '' ? key : `${path}.${key}`, depth + 1);
      }
    }
  };
  visit(settings, '', 0);
  // fromEntries defines own properties, so a key named __proto__ is data and nothing more.
  return Object.fromEntries(found);
}

function listText(values: readonly unknown[]): string {
  const texts = values.map((value) => (typeof value === 'string' ? value : JSON.stringify(value)));
  return texts.join(', ');
}

/** What says how a run is called, computed and looked at, not what is trained: two runs may differ in it and be the same. */
const ASIDE = /^(?:name|device|threads|recipe|samples|evaluation|tensorboard|\$schema)(?:\.|$)/;

/**
 * The settings in which runs differ, in the order of their files. Those that nothing that is trained depends on are left out,
 * and so is what a run lacks because something else has another name: of two methods the names differ, and what both have.
 */
export function differingSettings(runs: readonly FlatSettings[]): string[] {
  const paths = [...new Set(runs.flatMap((settings) => Object.keys(settings)))];
  return paths.filter((path) => !ASIDE.test(path) && isDiffering(runs, path));
}

function isDiffering(runs: readonly FlatSettings[], path: string): boolean {
  const having = runs.filter((settings) => Object.hasOwn(settings, path));
  if (new Set(having.map((settings) => valueOf(settings, path))).size > 1) return true;
  const lacking = runs.filter((settings) => !Object.hasOwn(settings, path));
  return lacking.length > 0 && !namesAbove(path).some((name) => areApart(having, lacking, name));
}

/** `method.name` of `method.mask.shape`, and `method.mask.name`. */
function namesAbove(path: string): string[] {
  const parts = path.split('.');
  return parts.slice(1).map((_, at) => [...parts.slice(0, at + 1), 'name'].join('.'));
}

/** Whether what some runs are called, in a setting, is what none of the others is. */
function areApart(some: readonly FlatSettings[], others: readonly FlatSettings[], path: string): boolean {
  const names = new Set(some.map((settings) => valueOf(settings, path)));
  return !names.has(undefined) && others.every((settings) => !names.has(valueOf(settings, path)));
}

/** Undefined where the run has no such setting. */
export function valueOf(settings: FlatSettings, path: string): SettingValue | undefined {
  return Object.hasOwn(settings, path) ? settings[path] : undefined;
}

/** Settings that are a size of perturbations, in [0, 1]: grey levels say more. */
const OF_PIXELS = /epsilon|stepsize|alpha|radius/i;

/** A setting for people: `8/255` where it is a size of perturbations. */
export function settingCell(path: string, value: SettingValue | undefined): string {
  if (value === undefined) return '';
  if (typeof value !== 'number') return String(value);
  return OF_PIXELS.test(path) ? fractionText(value) : String(Number(value.toPrecision(6)));
}
