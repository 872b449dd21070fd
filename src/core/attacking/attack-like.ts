import { M2atError } from '../errors';
import { settingText } from '../experiment/setting-text';
import type { Settings } from '../experiment/set-settings';
import { newRunId } from '../records/run-paths';
import { builtIn } from '../registry/registry';
import { repositoryState } from '../repository/repository-state';
import { changedAttack, problemText, readKnownTask } from '../runs/attack-like-settings';
import { planOf, type KnownAttackTask } from '../runs/known-task';
import { assertCanRun, newRecord } from '../runs/run-lifecycle';
import { supervised } from '../runs/supervised';
import { selectImages } from './attack-images';
import { attackLoaded, type AttackingOptions, type AttackResult } from './attack-loaded';
import { nameOf } from './attack-run';
import { loadClassifier } from './classifier';

export interface AttackLikeOptions extends AttackingOptions {
  /** An attack run. */
  readonly like: string;
  readonly set: Settings;
}

/**
 * Does what an attack run did, on the same images, with some settings changed.
 * @throws M2atError `bad-input` for a wrong setting, or a run that is no attack; otherwise as `attackRun`
 */
export async function attackLike(options: AttackLikeOptions): Promise<AttackResult> {
  const { root, like, set, registry = builtIn } = options;
  const stored = await readKnownTask(root, like, registry);
  const { task, problems } = changedAttack(stored, { root, set }, registry);
  if (!task) {
    const [first = '', ...lines] = problems.map(problemText);
    throw new M2atError('bad-input', first, {
      where: `the settings of ${like}, changed`,
      lines,
      hint: 'Correct what is set and start again; attack.json of the run has every setting.',
    });
  }
  const source = options.resources?.dataset ?? stored.source;
  if (!source) {
    throw new M2atError('bad-input', `the attack ${like} does not say where its images came from`, {
      hint: 'Start it anew, with its images.',
    });
  }
  await assertCanRun(root);
  const classifier = await loadClassifier(registry.formats, task.checkpoint, task.input, registry.attacks);
  try {
    const settings = Object.entries(set).flatMap(([key, value]) => ['--set', `${key}=${settingText(value)}`]);
    const name = nameOf(classifier);
    const again = newRecord({
      ...{ id: newRunId('attack', name), kind: 'attack', name },
      source: classifier.modelFile,
      command: ['attack', '--like', like, ...settings],
    });
    return await supervised(options, again, async (writer) => {
      await writer.update({ git: await repositoryState(root) });
      const choose = (available: number): Promise<KnownAttackTask> => {
        const indices = selectImages(available, { indices: task.indices });
        return Promise.resolve({ ...task, checkpoint: classifier.modelFile, indices });
      };
      return attackLoaded(options, {
        classifier,
        plan: planOf(registry.attacks, task),
        source,
        choose,
        writer,
      });
    });
  } finally {
    classifier.model.dispose();
  }
}
