import path from 'node:path';
import * as vscode from 'vscode';
import * as z from 'zod';
import type { Registry } from '../../core/registry/registry';
import type { ModelInspection } from '../../protocol/worker-protocol';
import { showError } from '../show/notifications';
import { askFiles, askText, pick } from '../show/questions';
import { datasetRows, type ImageChoice } from './dataset-rows';

interface ImageItem extends vscode.QuickPickItem {
  readonly choice?: ImageChoice;
  /** Asks for files of the user's own. */
  readonly ask?: () => Promise<OwnFiles | undefined>;
}

/** The user's own files, as they are remembered. */
const ownFiles = z.union([
  z.strictObject({ images: z.string(), labels: z.string() }),
  z.strictObject({ archive: z.string() }),
  z.strictObject({ folder: z.string() }),
]);
type OwnFiles = z.output<typeof ownFiles>;

/**
 * Lets the user choose the images; the user's own files are remembered for the checkpoint.
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
  const remembered = ownFiles.safeParse(memory.get(key)).data;
  const items: ImageItem[] = [
    ...(remembered ? [{ ...rememberedItem(remembered), choice: choiceOf(remembered) }] : []),
    {
      label: 'A folder of pictures…',
      iconPath: new vscode.ThemeIcon('folder-opened'),
      detail: 'A folder for each class, with PNG, JPEG, WebP or PPM files',
      ask: askFolder,
    },
    {
      label: 'Arrays of NumPy…',
      iconPath: new vscode.ThemeIcon('file-binary'),
      detail:
        'An .npz file with images and labels, or two .npy files: uint8, or float in [0, 1]; channels first or last',
      ask: askArrays,
    },
    ...datasetRows(datasets, inspections),
  ];
  const picked = await pick(items, {
    title: 'Attack Checkpoint',
    placeHolder: `Images to attack: ${wanted(first)}`,
    matchOnDescription: true,
  });
  if (!picked) return undefined;
  if (picked.choice) return picked.choice;
  const chosen = await picked.ask?.();
  if (!chosen) return undefined;
  await memory.update(key, chosen);
  return choiceOf(chosen);
}

function choiceOf(files: OwnFiles): ImageChoice {
  if ('folder' in files) return { dataset: { name: 'folder', folder: files.folder, testShare: 1 } };
  if ('archive' in files) return { dataset: { name: 'arrays', file: files.archive, testShare: 1 } };
  return { arrays: files };
}

function rememberedItem(files: OwnFiles): vscode.QuickPickItem {
  const paths = Object.values(files);
  return {
    label: paths.map((file) => path.basename(file)).join(', '),
    description: 'as the last time',
    detail: path.dirname(paths[0] ?? ''),
  };
}

function wanted({ spec: { height, width, channels }, classes }: ModelInspection): string {
  const size = [height, width, channels].map((value) => value ?? 'any').join(' x ');
  return `the network takes ${size}${classes === undefined ? '' : `, ${classes} classes`}`;
}

async function askFolder(): Promise<OwnFiles | undefined> {
  const folder = await askPlace({
    title: 'Folder with a folder of pictures for each class',
    ...{ openLabel: 'Use', canSelectFolders: true, canSelectFiles: false },
  });
  return folder === undefined ? undefined : { folder };
}

async function askArrays(): Promise<OwnFiles | undefined> {
  const images = await askFile('Images: a .npy of [N, H, W, C], [N, C, H, W] or [N, H, W], or an .npz', [
    'npz',
    'npy',
  ]);
  if (images === undefined) return undefined;
  if (images.toLowerCase().endsWith('.npz')) return { archive: images };
  const labels = await askFile(
    'Labels: a .npy of [N], the class of each image',
    ['npy'],
    path.dirname(images),
  );
  return labels === undefined ? undefined : { images, labels };
}

function askFile(title: string, endings: string[], folder?: string): Promise<string | undefined> {
  return askPlace({
    title,
    openLabel: 'Use',
    filters: { 'NumPy arrays': endings },
    ...(folder !== undefined && { defaultUri: vscode.Uri.file(folder) }),
  });
}

async function askPlace(options: vscode.OpenDialogOptions): Promise<string | undefined> {
  const [file] = await askFiles(options);
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
