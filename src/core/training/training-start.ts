import { extraCount } from '../data/extra-count';
import type { RunWriter } from '../runs/run-writer';
import type { FullExperiment } from '../experiment/resolve-experiment';
import type { PreparedRun } from './prepared-run';
import type { TrainingData } from './training-data';

/** What a run's log begins with: what is trained, where, and what is not as one might expect. */
export async function logStart(
  writer: RunWriter,
  { device, plan, dataset, experiment, from, begins }: PreparedRun,
): Promise<void> {
  const { name, training, evaluation } = experiment;
  await writer.log('info', from ? `Resumed at step ${from.step} of ${plan.steps}.` : `Started: ${name}.`);
  if (begins !== undefined) await writer.log('info', begins);
  const heldOut = dataset.validation ? `${dataset.validation.count} more for validation, ` : '';
  await writer.log(
    'info',
    `${dataset.train.count} training images, ${heldOut}batches of ${plan.batchSize}, ${plan.stepsPerEpoch} steps an ` +
      `epoch, ${plan.steps} steps; device ${device.name}: ${device.description}.`,
  );
  if (dataset.extra) {
    const { source, share } = dataset.extra;
    const generated = plan.parts * extraCount(share, plan.batchSize / plan.parts);
    await writer.log('info', `${generated} images of each batch are of ${source.count} generated ones.`);
  }
  await writer.log('info', validationText(dataset));
  for (const text of fewerImages(experiment, dataset)) await writer.log('info', text);
  if (training.batchSize > plan.batchSize) {
    const text = `The batch size ${training.batchSize} is more than the ${dataset.train.count} training images`;
    await writer.log('warn', `${text}: batches of ${plan.batchSize} are used.`);
  }
  if (evaluation.final.network === 'best' && !dataset.validation) {
    const text = 'The final evaluation is of the best network, which is chosen on test images too';
    const advice = 'training.validation holds out images to choose by';
    await writer.log('warn', `${text}: its accuracies are optimistic; ${advice}.`);
  }
}

/** Which images decide what network is the best one. */
function validationText({ validation, validationFrom }: TrainingData): string {
  const decide = 'evaluations during training, and the choice of the best network, are of';
  if (!validation) return `No images are held out for validation: ${decide} test images.`;
  const whose = {
    'left-out': 'the first training images that dataset.trainCount leaves out',
    'data-set': 'those that the data set itself keeps for it',
    training: 'split off the training images by the seed',
  }[validationFrom ?? 'training'];
  return `Validation: ${validation.count} images, ${whose}; ${decide} these.`;
}

/** Evaluations that ask for more images than there are. */
function fewerImages({ evaluation }: FullExperiment, { validation, test }: TrainingData): string[] {
  const images = { during: validation ?? test, final: test };
  return (['during', 'final'] as const).flatMap((part) => {
    const { count } = images[part];
    const asked = evaluation[part].count;
    const kind = images[part] === validation ? 'validation' : 'test';
    return asked > count
      ? [`evaluation.${part}.count is ${asked}: all of the ${count} ${kind} images are taken.`]
      : [];
  });
}
