import path from 'node:path';
import * as z from 'zod';
import { hasCode } from '../../files/error-code';
import { M2atError } from '../../errors';
import { writeFileAtomic } from '../../files/atomic-file';
import { parseJson, readJson } from '../../files/json';
import { readError } from '../../files/open-for-reading';
import { shownText } from '../../text-schema';
import type { ImportedModel } from '../imported-model';
import { inputSpecFile, type InputKey, type InputOrigin, type InputSpecFile } from './input-spec-schema';
import { isAmbiguous } from './layout-of';

/** What a model wants as input, and what its outputs are. */
export interface InputSpec {
  readonly layout: 'NHWC' | 'NCHW';
  /** Pixels; null where the network takes any size. */
  readonly height: number | null;
  readonly width: number | null;
  readonly channels: number | null;
  /** What 0 and 1 become. */
  readonly range: readonly [number, number];
  readonly channelOrder: 'RGB' | 'BGR';
  /** Subtracted after the range, a number a channel in the model's order. */
  readonly mean?: readonly number[] | undefined;
  /** Divides after the mean. */
  readonly std?: readonly number[] | undefined;
  readonly outputs: 'logits' | 'probabilities';
  /** Of several outputs, the one with the class scores. */
  readonly outputName?: string | undefined;
  readonly classNames?: readonly string[] | undefined;
}

export interface FoundInputSpec {
  readonly spec: InputSpec;
  readonly origins: Readonly<Record<InputKey, InputOrigin>>;
  /** What nothing told: the usual value stands in, and the user should be asked. */
  readonly assumed: readonly (keyof InputSpec)[];
  /** The sidecar, whether it is there or not. */
  readonly sidecar: string;
}

const maxSidecarBytes = 4 * 2 ** 20;

/** `net.m2at-model.json` beside `net.onnx`. */
export function sidecarOf(modelFile: string): string {
  const { dir, name } = path.parse(modelFile);
  return path.join(dir, `${name}.m2at-model.json`);
}

/**
 * Finds out what a model wants: what the user says now comes first, then its sidecar, then what its file says (shape, first
 * operations, metadata), then what is usual.
 * @param flags what the user says now
 * @throws M2atError `bad-input` when the sidecar is malformed or contradicts the model's shape, or the flags do
 */
export async function findInputSpec(
  modelFile: string,
  model: ImportedModel,
  flags: InputSpecFile = {},
): Promise<FoundInputSpec> {
  const sidecar = sidecarOf(modelFile);
  const kept = (await readSidecar(sidecar)) ?? {};
  const own = ownInput(model);
  const told = { ...own, ...kept, ...flags };
  const whereIs = (key: keyof InputSpecFile): string =>
    flags[key] === undefined ? `${sidecar}: ${key}` : `--${key}`;
  const said = fromMetadata(model);
  const layout = told.layout ?? model.layout;
  const [, a = null, b = null, c = null] = model.inputShape;
  const [height, width, channels] = layout === 'NHWC' ? [a, b, c] : [b, c, a];
  const declared = { height, width, channels };
  for (const key of ['height', 'width', 'channels'] as const) {
    const [wanted, actual] = [told[key], declared[key]];
    if (wanted !== undefined && actual !== null && wanted !== actual) {
      throw new M2atError('bad-input', `must be ${actual}, the model's own; it is ${wanted}`, {
        where: whereIs(key),
        hint: 'Correct it, or the layout.',
      });
    }
  }
  const range = told.range ?? said.range ?? model.inputRange;
  const spec: InputSpec = {
    layout,
    height: height ?? told.height ?? null,
    width: width ?? told.width ?? null,
    channels: channels ?? told.channels ?? null,
    range: range ?? [0, 1],
    channelOrder: told.channelOrder ?? 'RGB',
    mean: told.mean ?? said.mean,
    std: told.std ?? said.std,
    outputs: told.outputs ?? model.outputs ?? 'logits',
    outputName: model.output?.name ?? told.outputName,
    classNames: told.classNames ?? said.classNames,
  };
  assertChannels(spec, whereIs);
  const origins = originsOf({ flags, kept, own, said, model, declared });
  const asked = ['layout', 'range', 'outputs', 'outputName'] as const;
  return { spec, origins, assumed: asked.filter((key) => isAsked(key, origins, model)), sidecar };
}

/** What the name of an output says is a guess: the user should be asked for one of several all the same. */
function isAsked(
  key: 'layout' | 'range' | 'outputs' | 'outputName',
  origins: FoundInputSpec['origins'],
  { output }: ImportedModel,
): boolean {
  return origins[key] === 'assumed' || (key === 'outputName' && output?.because === 'name');
}

function originsOf({
  flags,
  kept,
  own,
  said,
  model,
  declared,
}: {
  readonly flags: InputSpecFile;
  readonly kept: InputSpecFile;
  readonly own: InputSpecFile;
  readonly said: ReturnType<typeof fromMetadata>;
  readonly model: ImportedModel;
  readonly declared: Readonly<Record<'height' | 'width' | 'channels', number | null>>;
}): FoundInputSpec['origins'] {
  const of = (key: keyof InputSpecFile, otherwise: InputOrigin): InputOrigin => {
    if (flags[key] !== undefined) return 'flag';
    if (kept[key] !== undefined) return 'sidecar';
    return own[key] === undefined ? otherwise : 'metadata';
  };
  const shapeTellsLayout = !isAmbiguous(model.inputShape);
  const { output } = model;
  const range = of('range', said.range ? 'metadata' : model.inputRange ? 'graph' : 'assumed');
  // A network that normalises by itself, or whose range is declared without them, has none before it.
  const none = range === 'assumed' && model.normalizes ? 'graph' : range;
  return {
    layout: of('layout', model.layoutRecognized ? 'graph' : shapeTellsLayout ? 'file' : 'assumed'),
    size: declared.height !== null && declared.width !== null ? 'file' : of('height', 'assumed'),
    channels: declared.channels === null ? of('channels', 'assumed') : 'file',
    range,
    mean: of('mean', said.mean ? 'metadata' : none),
    std: of('std', said.std ? 'metadata' : none),
    channelOrder: of('channelOrder', model.isOwn ? 'graph' : 'assumed'),
    classes: model.classes === undefined ? 'assumed' : 'graph',
    outputName: of(
      'outputName',
      !output || output.because === 'only' ? 'file' : output.because === 'name' ? 'graph' : 'assumed',
    ),
    outputs: of('outputs', model.outputs ? 'graph' : 'assumed'),
  };
}

/** mean and std have a number for each channel, or one for all. */
function assertChannels({ mean, std, channels }: InputSpec, whereIs: (key: 'mean' | 'std') => string): void {
  for (const name of ['mean', 'std'] as const) {
    const list = { mean, std }[name];
    if (list && channels !== null && list.length !== channels && list.length !== 1) {
      throw new M2atError('bad-input', `has ${list.length} numbers for ${channels} channels`, {
        where: whereIs(name),
      });
    }
  }
}

/** The sidecar's content; undefined when there is none. @throws M2atError `bad-input` */
export async function readSidecar(file: string): Promise<InputSpecFile | undefined> {
  let json: unknown;
  try {
    json = await readJson(file, maxSidecarBytes, { code: 'bad-input' });
  } catch (error) {
    if (hasCode(error, 'ENOENT') || hasCode(error, 'ENOTDIR')) return undefined;
    throw readError(error, file, { code: 'bad-input' });
  }
  const parsed = inputSpecFile.safeParse(json);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const field = issue?.path.join('.') ?? '';
  throw new M2atError('bad-input', issue?.message ?? 'wrong content', {
    where: field ? `${file}: ${field}` : file,
    hint: 'docs/models.md lists what the file may hold.',
  });
}

/**
 * Writes what the user answered into the model's sidecar; what it held otherwise stays. Readers see the old file or the
 * new one.
 * @returns the sidecar
 * @throws M2atError `io` when it can't be written, `bad-input` when the old one is malformed or the answer is
 */
export async function rememberInputSpec(
  modelFile: string,
  answers: Partial<InputSpec> | InputSpecFile,
): Promise<string> {
  const sidecar = sidecarOf(modelFile);
  const known = Object.entries(answers).filter(([, value]) => value !== undefined && value !== null);
  const merged = { ...(await readSidecar(sidecar)), ...Object.fromEntries(known) };
  const parsed = inputSpecFile.safeParse(merged);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new M2atError('bad-input', issue?.message ?? 'wrong content', {
      where: `${sidecar}: ${issue?.path.join('.') ?? ''}`,
    });
  }
  await writeFileAtomic(sidecar, `${JSON.stringify(parsed.data, null, 2)}\n`);
  return sidecar;
}

/**
 * Writes what the user said by flags into the model's sidecar. What it held otherwise stays.
 * @returns the sidecar
 * @throws M2atError `bad-input` when it says something else, or is malformed; `io`
 */
export async function saveInputSpec(modelFile: string, told: InputSpecFile): Promise<string> {
  const sidecar = sidecarOf(modelFile);
  const kept: Readonly<Record<string, unknown>> = (await readSidecar(sidecar)) ?? {};
  for (const [key, value] of Object.entries(told)) {
    if (value === undefined || kept[key] === undefined) continue;
    const [before, now] = [JSON.stringify(kept[key]), JSON.stringify(value)];
    if (before === now) continue;
    throw new M2atError('bad-input', `says ${before}, and not ${now}: it is not overwritten`, {
      where: `${sidecar}: ${key}`,
      hint: 'Change or delete it, or leave out what saves the flags.',
    });
  }
  return rememberInputSpec(modelFile, told);
}

const numbers = z.array(z.number()).min(1).max(4);
const names = z.union([
  z.array(shownText).min(1),
  // {"0": "cat", "1": "dog"}
  z.record(z.string().regex(/^\d{1,6}$/), shownText).transform((entries) =>
    Object.entries(entries)
      .sort(([a], [b]) => Number(a) - Number(b))
      .map(([, name]) => name),
  ),
]);

/** The key under which ONNX files that this program saves say what they take, as a sidecar would. */
export const inputKey = 'm2at.input';

function ownInput({ metadata }: ImportedModel): InputSpecFile {
  const text = Object.hasOwn(metadata, inputKey) ? metadata[inputKey] : undefined;
  return (text === undefined ? undefined : inputSpecFile.safeParse(jsonOf(text)).data) ?? {};
}

/** What the keys and values of a model's file say, under the names that exporters use. */
function fromMetadata({ metadata, classes }: ImportedModel): Pick<
  InputSpec,
  'mean' | 'std' | 'classNames'
> & {
  range?: readonly [number, number] | undefined;
} {
  const first = <T>(keys: readonly string[], kind: z.ZodType<T>): T | undefined => {
    for (const key of keys) {
      const text = Object.hasOwn(metadata, key) ? metadata[key] : undefined;
      if (text === undefined) continue;
      const { data } = kind.safeParse(jsonOf(text));
      if (data !== undefined) return data;
    }
    return undefined;
  };
  return {
    range: first(['inputRange', 'input_range', 'range'], z.tuple([z.number(), z.number()])),
    mean: first(['mean', 'image_mean', 'input_mean'], numbers),
    std: first(['std', 'image_std', 'input_std'], numbers),
    classNames: first(
      ['classNames', 'class_names', 'classes', 'labels', 'names'],
      // Others are not the names of these classes.
      names.refine(({ length }) => classes === undefined || length === classes),
    ),
  };
}

/** An entry of a dictionary as Python prints it: `0: 'tench, Tinca tinca'`. */
const pythonEntry = /(\d{1,6})\s*:\s*(?:'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)")/g;

/** JSON, a dictionary of numbers and words as Python prints it, or a list without its brackets. */
function jsonOf(text: string): unknown {
  for (const json of [text, `[${text}]`]) {
    try {
      return parseJson(json, '');
    } catch {
      // The next reading.
    }
  }
  if (/^\s*\{\s*\d/.test(text)) {
    const entries = [...text.matchAll(pythonEntry)].map(([, key = '', single, double]) => [
      key,
      (single ?? double ?? '').replace(/\\(.)/g, '$1'),
    ]);
    return Object.fromEntries(entries) as unknown;
  }
  return text.split(',').map((part) => part.trim());
}
