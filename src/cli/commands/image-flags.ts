import { Option, type Command } from 'commander';
import path from 'node:path';
import type { AttackRunOptions } from '../../core/attacking/attack-run';
import { datasetOfPath } from '../../core/data/dataset-of-path';
import type { DatasetDefinition } from '../../core/data/define-dataset';
import { findDataset, resolveDataset } from '../../core/data/load-dataset';
import { M2atError } from '../../core/errors';
import { assertPlainPath } from '../../core/text-schema';

/** Which images are attacked. */
export interface ImageFlags {
  readonly images?: string;
  readonly labels?: string;
  readonly dataset?: string;
  readonly dataFolder?: string;
}

export function addImageFlags(command: Command, datasets: readonly DatasetDefinition[]): Command {
  return command
    .option(
      '--images <path>',
      'a folder with a folder of pictures for each class, an .npz with images and labels, or, with --labels, a .npy ' +
        '(uint8, or float in [0, 1]; NHWC or NCHW)',
    )
    .option('--labels <y.npy>', 'class indices of the images of a .npy')
    .addOption(
      new Option(
        '--dataset <name>',
        'data set whose test images are attacked (default: that of the checkpoint)',
      )
        .choices(datasets.map(({ name }) => name))
        // Why a set can't be had is told where it is looked for.
        .argParser((name: string) => name),
    )
    .option('--data-folder <folder>', 'where its files are (default: the cache, filled by a download)');
}

/**
 * The images that the flags name; neither arrays nor a data set: those that the checkpoint was trained on.
 * @throws M2atError `bad-input`
 */
export async function imagesGiven(
  datasets: readonly DatasetDefinition[],
  { images, labels, dataset, dataFolder }: ImageFlags,
): Promise<Pick<AttackRunOptions, 'arrays' | 'dataset'>> {
  const where = 'm2at attack';
  const named = dataset !== undefined || dataFolder !== undefined;
  if (images !== undefined && named) {
    throw new M2atError('bad-input', '--images leaves no room for --dataset or --data-folder', {
      where,
      hint: 'The images come from files of your own or from a data set.',
    });
  }
  const isArray = images?.toLowerCase().endsWith('.npy');
  if (images === undefined ? labels !== undefined : (labels !== undefined) !== isArray) {
    throw new M2atError('bad-input', '--images and --labels belong together', {
      where,
      hint: 'A .npy of images needs one of labels; a folder and an .npz have their labels inside.',
    });
  }
  if (images !== undefined && labels !== undefined) return { arrays: { images, labels } };
  // It is stored: the attack may be resumed from another folder.
  if (images !== undefined) {
    assertPlainPath(images);
    return { dataset: resolveDataset(datasets, await datasetOfPath(datasets, images, true)) };
  }
  if (!named) return {};
  const folder = dataFolder === undefined ? undefined : path.resolve(dataFolder);
  if (folder !== undefined) assertPlainPath(folder);
  const said = {
    name: findDataset(datasets, dataset).name,
    trainCount: 1,
    ...(folder === undefined ? {} : { folder }),
  };
  return { dataset: resolveDataset(datasets, said) };
}
