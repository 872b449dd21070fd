import { largestPhase } from '../engine/sessions/program-memory';
import { M2atError } from '../errors';
import type { FreeMemory } from '../memory/free-memory';
import { fits, largestBatch, memoryLine, type MemoryNeed } from '../memory/memory-need';
import { bytesText } from '../memory/memory-text';
import { threadsFor } from './batch-threads';
import { Trainer, type TrainingSetting } from './trainer';
import { planTraining } from '../experiment/training-plan';

/** Arrays of a batch's size that are in memory beside the programs: made ahead, in use, and of the sample grid. */
const BATCH_ARRAYS = 12;
/** More of them for each further step that batches are made ahead: images, noise, mask. */
const ARRAYS_AHEAD = 3;
/** Measured: what JavaScript's own memory grows by. */
const HEAP_BYTES = 16 * 2 ** 20;

/** What a training will need; undefined where that isn't planned. Its programs are traced by that, and stay so. */
export async function trainingNeed(
  trainer: Trainer,
  { device, model, dataset: { train } }: Pick<TrainingSetting, 'device' | 'model' | 'dataset'>,
  imagesAtOnce: number,
): Promise<MemoryNeed | undefined> {
  const { all, last } = trainer.parts();
  const programs = await device.planMemory?.([...all, ...last]);
  if (!programs) return undefined;
  const batch = 4 * imagesAtOnce * train.height * train.width * train.channels;
  // A checkpoint is written from one copy of the weights, and one of what is kept beside: velocities, an average's origin.
  const state = trainer.step.state.reduce((sum, { size }) => sum + size, 0);
  const checkpoint = 4 * (model.countParams() + state);
  const arrays = BATCH_ARRAYS + ARRAYS_AHEAD * (threadsFor(train, imagesAtOnce).ahead - 1);
  const more =
    largestPhase(programs, all.length) + programs.arrays + arrays * batch + checkpoint + HEAP_BYTES;
  return { now: process.memoryUsage.rss(), more };
}

/**
 * Compares what a training will need with what is free. The batch is part of what an experiment says, so it is never
 * changed.
 * @param options `resumed`: the batch is that of a run that began
 * @returns a line for the log; undefined where nothing is planned
 * @throws M2atError `memory` with the largest batch that fits
 */
export async function assertTrainingFits(
  trainer: Trainer,
  setting: TrainingSetting,
  {
    free,
    resumed,
    ignore,
  }: { readonly free: FreeMemory; readonly resumed: boolean; readonly ignore: boolean },
): Promise<{ readonly level: 'info' | 'warn'; readonly text: string } | undefined> {
  const { experiment, dataset } = setting;
  const { batchSize, parts } = planTraining(experiment, dataset.train.count);
  const part = batchSize / parts;
  const need = await trainingNeed(trainer, setting, part);
  if (!need) return undefined;
  const text = memoryLine(need, free);
  if (fits(need, free)) return { level: 'info', text };
  if (ignore) return { level: 'warn', text: `${text} The run may be ended by the system.` };
  const what =
    `batches of ${batchSize}${parts > 1 ? ` in ${parts} parts` : ''} need about ${bytesText(need.more)} more memory; ` +
    `${bytesText(free.bytes)} are free (${free.bound})`;
  const all = 'or go on all the same with --ignore-memory (in VS Code: the setting m2at.ignoreMemory)';
  const where = 'training.batchSize';
  if (resumed) {
    const hint = `A run keeps its batch size, which its numbers depend on: free memory, resume elsewhere, ${all}.`;
    throw new M2atError('memory', what, { where, hint });
  }
  const needOf = (batch: number): Promise<MemoryNeed> => needWith(setting, batch);
  const multiple = parts * (part > 32 ? 8 : 1);
  const largest = await largestBatch(needOf, { batch: batchSize, need }, free, multiple);
  const advice =
    largest === undefined
      ? 'Not even the smallest batch fits: take a smaller network'
      : `The largest batch that fits is ${largest}: set training.batchSize to it, or take larger ones in parts (training.accumulate)`;
  throw new M2atError('memory', what, { where, hint: `${advice}, free memory, ${all}.` });
}

async function needWith(setting: TrainingSetting, batchSize: number): Promise<MemoryNeed> {
  const experiment = { ...setting.experiment, training: { ...setting.experiment.training, batchSize } };
  const plan = planTraining(experiment, setting.dataset.train.count);
  const trainer = await Trainer.create({ ...setting, experiment }, plan);
  try {
    return (await trainingNeed(trainer, setting, plan.batchSize / plan.parts)) ?? { now: 0, more: 0 };
  } finally {
    await trainer.dispose();
  }
}
