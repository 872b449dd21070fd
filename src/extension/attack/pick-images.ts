import path from 'node:path';
import * as vscode from 'vscode';
import * as z from 'zod';
import type { Registry } from '../../core/registry/registry';
import type { ModelInspection } from '../../protocol/worker-protocol';
import { showError } from '../show/notifications';
import { askFiles, askText, pick } from '../show/questions';
import { datasetRows, type ImageChoice } from './dataset-rows';

interface ImageItem extends vscode.QuickPickItem {
  /** Absent: files are asked for. */
  readonly choice?: ImageChoice;
}

const arrays = z.strictObject({ images: z.string(), labels: z.string() });

/**
 * Lets the user choose the images; those of `.npy` files are remembered for the checkpoint.
 * @returns undefined when it was dismissed
 */
export async function pickImages(
  inspections: readonly ModelInspection[],
  memory: vscode.Memento,
  datasets: Registry['datasets'],
): Promise<ImageChoice | undefined> {
  const [first] = inspections;
  if (!first) return undefined;
  const key = `attack.images:${first.modelFile}`;
  const remembered = arrays.safeParse(memory.get(key)).data;
  const items: ImageItem[] = [
    ...(remembered ? [{ ...arraysItem(remembered), choice: { arrays: remembered } }] : []),
    ...datasetRows(datasets, inspections),
    {
      label: 'Images from .npy files…',
      iconPath: new vscode.ThemeIcon('folder-opened'),
      detail: 'Images (uint8, or float in [0, 1]; channels first or last) and their labels',
    },
  ];
  const picked = await pick(items, {
    title: 'Attack Checkpoint',
    placeHolder: `Images to attack: ${wanted(first)}`,
    matchOnDescription: true,
  });
  if (!picked) return undefined;
  if (picked.choice) return picked.choice;
  const chosen = await askArrays();
  if (!chosen) return undefined;
  await memory.update(key, chosen);
  return { arrays: chosen };
}

function arraysItem({ images, labels }: z.output<typeof arrays>): vscode.QuickPickItem {
  return {
    label: `${path.basename(images)}, ${path.basename(labels)}`,
    description: 'as the last time',
    detail: path.dirname(images),
  };
}

function wanted({ spec: { height, width, channels }, classes }: ModelInspection): string {
  const size = [height, width, channels].map((value) => value ?? 'any').join(' x ');
  return `the network takes ${size}${classes === undefined ? '' : `, ${classes} classes`}`;
}

async function askArrays(): Promise<z.output<typeof arrays> | undefined> {
  const images = await askFile('Images: a .npy of [N, H, W, C], [N, C, H, W] or [N, H, W]');
  if (!images) return undefined;
  const labels = await askFile('Labels: a .npy of [N], the class of each image', path.dirname(images));
  return labels === undefined ? undefined : { images, labels };
}

async function askFile(title: string, folder?: string): Promise<string | undefined> {
  const [file] = await askFiles({
    title,
    openLabel: 'Use',
    filters: { 'NumPy arrays': ['npy'] },
    ...(folder !== undefined && { defaultUri: vscode.Uri.file(folder) }),
  });
  if (!file) return undefined;
  if (file.scheme === 'file') return file.fsPath;
  void showError(`${file.toString()} is not on the disk of the machine that computes.`);
  return undefined;
}

/**
 * Lets the user choose how many images to attack; undefined when that was dismissed.
 * @param available test images of the data set; absent: the images are in files
 */
export async function pickCount(available: number | undefined): Promise<number | 'all' | undefined> {
  const items = [
    { label: '100', description: 'quick look', count: 100 as const },
    { label: '500', description: 'within about 4 points of the accuracy on all', count: 500 as const },
    { label: '1000', description: 'what leaderboards use for large networks', count: 1000 as const },
    {
      label: 'All',
      description: available === undefined ? 'of the files' : `${available} test images`,
      count: 'all' as const,
    },
    { label: 'Another number…', description: '', count: undefined },
  ];
  const picked = await pick(items, {
    title: 'Attack Checkpoint',
    placeHolder: 'How many images, the first ones',
  });
  if (!picked) return undefined;
  return picked.count ?? askWhole('Images to attack', '200');
}

async function askWhole(prompt: string, value: string): Promise<number | undefined> {
  const text = await askText({
    title: 'Attack Checkpoint',
    prompt,
    value,
    problemOf: (input) =>
      /^\d{1,9}$/.test(input) && Number(input) >= 1 ? undefined : 'Enter a whole number, at least 1.',
  });
  return text === undefined ? undefined : Number(text);
}
