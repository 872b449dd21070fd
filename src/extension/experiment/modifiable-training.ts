import type { ResolvedExperiment } from '../../core/experiment/experiment-schema';
import type { JsonObject } from '../../core/experiment/overlay';
import { problemLine } from '../../core/experiment/parse-experiment';
import { settingList } from '../../core/experiment/setting-list';
import { withSettings, type Settings } from '../../core/experiment/set-settings';
import { changedExperiment } from '../../core/runs/experiment-like';
import { withoutKeys } from '../../core/without-keys';
import type { Modifiable } from './modify-settings';

/** A training run, whose settings are checked as those of a file are. */
export function modifiableTraining(experiment: ResolvedExperiment): Modifiable {
  return {
    name: experiment.name,
    often: [
      ...['method.epsilon', 'method.stepSize', 'method.steps', 'training.schedule.learningRate'],
      ...['training.epochs', 'training.batchSize', 'seed', 'method.name', 'model.name', 'name'],
    ],
    isFile: true,
    settings: (set) => settingList(objectOf(experiment, set)),
    changed: (set) => {
      const { runs, problems = [] } = changedExperiment(experiment, set);
      const [run] = runs ?? [];
      if (run) return { name: run.experiment.name };
      return {
        problems: problems.map((problem) => ({
          path: problem.field.replaceAll(/\[(\d+)\]/g, '.$1'),
          text: problemLine(problem),
        })),
      };
    },
  };
}

function objectOf(experiment: ResolvedExperiment, set: Settings): JsonObject {
  // As its record has it; a recipe has done what it does.
  const object = JSON.parse(JSON.stringify(withoutKeys(experiment, ['recipe']))) as JsonObject;
  return withSettings(object, set).object ?? object;
}
