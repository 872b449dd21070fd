import { withAbsoluteFolder } from '../../core/experiment/absolute-folder';
import type { ResolvedExperiment } from '../../core/experiment/experiment-schema';
import { resolveExperiment } from '../../core/experiment/resolve-experiment';
import { imageCounts, withValidationRule } from '../../core/experiment/validation-rule';
import { builtIn } from '../../core/registry/registry';
import { parsedText } from './parsed-text';

/** What no result depends on, or what a flag or a setting may have replaced. */
const IGNORED: ReadonlySet<string> = new Set(['name', 'device', 'threads', 'samples']);

/**
 * The settings that a run of an experiment file has in its text, every default filled in, by the run's name in the
 * file; undefined while the text has problems.
 * @param file path of the text: a folder in it is relative to its own
 */
export function settingsOf(text: string, file: string): ReadonlyMap<string, ResolvedExperiment> | undefined {
  const { runs } = parsedText(text);
  return (
    runs &&
    new Map(runs.map(({ name, experiment }) => [name, withAbsoluteFolder(asRecorded(experiment), file)]))
  );
}

/** With what a run that begins with it writes down, as far as that does not depend on files that nobody has opened. */
function asRecorded(experiment: ResolvedExperiment): ResolvedExperiment {
  const { dataset, training } = experiment;
  const isCounted = builtIn.datasets.some(({ name, facts }) => name === dataset.name && facts);
  if (training.validation === 'auto' && !isCounted) return experiment;
  return withValidationRule(experiment, imageCounts(dataset, builtIn.datasets));
}

/** The settings in which two experiments differ, such as `training.epochs`, of those that a result depends on. */
export function changedSettings(then: ResolvedExperiment, now: ResolvedExperiment): string[] {
  // What no text says was filled in when the run began.
  const found = differences(resolveExperiment(then), resolveExperiment(now), '');
  const isAuto = now.training.validation === 'auto' && then.training.validation !== undefined;
  return isAuto ? found.filter((key) => key !== 'training.validation') : found;
}

function differences(a: unknown, b: unknown, at: string): string[] {
  if (!isObject(a) || !isObject(b) || Array.isArray(a) !== Array.isArray(b)) {
    return Object.is(a, b) ? [] : [at];
  }
  const keys = [...new Set([...Object.keys(a), ...Object.keys(b)])];
  // Lists of another length, and things of another kind, differ as a whole.
  if (Array.isArray(a) && Array.isArray(b) && a.length !== b.length) return [at];
  if (at !== '' && a.name !== b.name) return [at];
  return keys
    .filter((key) => at !== '' || !IGNORED.has(key))
    .flatMap((key) => differences(a[key], b[key], at === '' ? key : `${at}.${key}`));
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}
