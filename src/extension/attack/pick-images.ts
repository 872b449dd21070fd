import path from 'node:path';
import * as vscode from 'vscode';
import * as z from 'zod';
import type { AttackRequest, ModelInspection } from '../../protocol/worker-protocol';

/** Where the images of an attack come from; empty: the checkpoint's own data set. */
export type ImageChoice = Pick<AttackRequest, 'arrays' | 'dataset'>;

interface ImageItem extends vscode.QuickPickItem {
  /** Absent: files are asked for. */
  readonly choice?: ImageChoice;
}

const arrays = z.strictObject({ images: z.string(), labels: z.string() });
/** CIFAR-10 has one size and ten classes. */
const CIFAR10 = { side: 32, channels: 3, classes: 10, count: 10_000 };

/**
 * Lets the user choose the images; those of `.npy` files are remembered for the checkpoint.
 * @returns undefined when it was dismissed
 */
export async function pickImages(
  inspections: readonly ModelInspection[],
  memory: vscode.Memento,
): Promise<ImageChoice | undefined> {
  const [first] = inspections;
  if (!first) return undefined;
  const key = `attack.images:${first.file}`;
  const remembered = arrays.safeParse(memory.get(key)).data;
  const items: ImageItem[] = [
    ...(remembered ? [{ ...arraysItem(remembered), choice: { arrays: remembered } }] : []),
    ...(inspections.every(takesCifar10) ? cifarItems(first) : []),
    {
      label: '$(folder-opened) Images from .npy files…',
      detail: 'Images (uint8, or float in [0, 1]; channels first or last) and their labels',
    },
  ];
  const picked = await vscode.window.showQuickPick(items, {
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

function cifarItems({ dataset, datasetProblem }: ModelInspection): ImageItem[] {
  const plain = { name: 'cifar10' as const, trainCount: 1 };
  const fromCache = {
    label: 'CIFAR-10 test images',
    detail: 'From the cache; fetched first where they are not there yet',
    choice: { dataset: plain },
  };
  if (!dataset?.folder) return [{ ...fromCache, ...(datasetProblem && { description: datasetProblem }) }];
  return [
    {
      label: "The checkpoint's data set",
      description: `${dataset.name}, test images`,
      detail: dataset.folder,
      choice: {},
    },
    fromCache,
  ];
}

function takesCifar10({ spec: { height, width, channels }, classes }: ModelInspection): boolean {
  const fits = (value: number | null | undefined, size: number): boolean => (value ?? size) === size;
  const { side } = CIFAR10;
  return (
    fits(height, side) &&
    fits(width, side) &&
    (channels === 1 ? false : fits(channels, CIFAR10.channels)) &&
    fits(classes, CIFAR10.classes)
  );
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
  const [file] =
    (await vscode.window.showOpenDialog({
      title,
      openLabel: 'Use',
      filters: { 'NumPy arrays': ['npy'] },
      ...(folder !== undefined && { defaultUri: vscode.Uri.file(folder) }),
    })) ?? [];
  if (!file) return undefined;
  if (file.scheme === 'file') return file.fsPath;
  void vscode.window.showErrorMessage(`${file.toString()} is not on the disk of the machine that computes.`);
  return undefined;
}

/** Lets the user choose how many images to attack; undefined when that was dismissed. */
export async function pickCount({ arrays: files }: ImageChoice): Promise<number | 'all' | undefined> {
  const items = [
    { label: '100', description: 'quick look', count: 100 as const },
    { label: '500', description: 'within about 4 points of the accuracy on all', count: 500 as const },
    { label: '1000', description: 'what leaderboards use for large networks', count: 1000 as const },
    {
      label: 'All',
      description: files ? 'of the files' : `${CIFAR10.count} test images`,
      count: 'all' as const,
    },
    { label: 'Another number…', description: '', count: undefined },
  ];
  const picked = await vscode.window.showQuickPick(items, {
    title: 'Attack Checkpoint',
    placeHolder: 'How many images, the first ones',
  });
  if (!picked) return undefined;
  return picked.count ?? askWhole('Images to attack', '200');
}

async function askWhole(prompt: string, value: string): Promise<number | undefined> {
  const text = await vscode.window.showInputBox({
    prompt,
    value,
    validateInput: (input) =>
      /^\d{1,9}$/.test(input) && Number(input) >= 1 ? undefined : 'Enter a whole number, at least 1.',
  });
  return text === undefined ? undefined : Number(text);
}
