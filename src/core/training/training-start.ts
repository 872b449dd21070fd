import { extraCount } from '../data/extra-count';
import type { FullExperiment } from '../experiment/resolve-experiment';
import type { RunWriter } from '../runs/run-writer';
import type { PreparedRun } from './prepared-run';

/** What a run's log begins with: what is trained, where, and what is not as one might expect. */
export async function logStart(
  writer: RunWriter,
  { device, plan, dataset, from, begins }: PreparedRun,
  { name, training, evaluation }: FullExperiment,
): Promise<void> {
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
