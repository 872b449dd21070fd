import { parseJson } from '../../core/files/json';
import {
  fitsChannels,
  inputConventions,
  type InputConvention,
} from '../../core/models/input/input-conventions';
import { readSidecar, rememberInputSpec } from '../../core/models/input/input-spec';
import { inputSpecFile, type InputSpecFile } from '../../core/models/input/input-spec-schema';
import type { ModelInspection } from '../../protocol/worker-protocol';

export type InputAnswers = Omit<InputSpecFile, '$schema'>;

/** A way of giving images to the network, for a list. */
export interface InputChoice {
  readonly label: string;
  readonly description: string;
  readonly answers: InputAnswers;
}

/** What the user may choose from where nothing tells the range of pixels; what stands in so far comes first. */
export function inputChoices({ spec }: Pick<ModelInspection, 'spec'>): InputChoice[] {
  const { mean, std, channels } = spec;
  if (mean ?? std) {
    const rest = [mean && `mean ${mean.join(', ')}`, std && `std ${std.join(', ')}`]
      .filter(Boolean)
      .join(', ');
    const ranges = inputConventions.filter((one) => !one.mean && one.channelOrder === 'RGB');
    return ranges.map(({ name, range }, place) => ({
      label: name,
      description: `then ${rest}, as the model says${place === 0 ? '; usual' : ''}`,
      answers: { range: [...range] },
    }));
  }
  return inputConventions
    .filter((one) => fitsChannels(one, channels ?? 3))
    .map((one, place) => ({
      label: one.name,
      description: place === 0 ? 'usual where the model normalises by itself' : usedBy(one),
      answers: answersOf(one),
    }));
}

/** The outputs that may have the class scores, what stands in so far first; none where there is nothing to ask. */
export function outputChoices({
  outputs,
  spec,
  assumed,
}: Pick<ModelInspection, 'outputs' | 'spec' | 'assumed'>): InputChoice[] {
  if (outputs.length < 2 || !assumed.includes('outputName')) return [];
  const isChosen = ({ name }: { readonly name: string }): boolean => name === spec.outputName;
  const order = [...outputs.filter(isChosen), ...outputs.filter((output) => !isChosen(output))];
  return order.map(({ name, shape }, place) => ({
    label: name,
    description: [
      shape && `[${shape.map((size, axis) => (axis === 0 ? 'N' : (size ?? '?'))).join(', ')}]`,
      place === 0 && isChosen({ name }) && 'likeliest',
    ]
      .filter(Boolean)
      .join(', '),
    answers: { outputName: name },
  }));
}

function usedBy({ name }: InputConvention): string {
  if (name.includes('ImageNet')) return 'torchvision and timm';
  if (name.includes('Caffe')) return 'VGG16 and ResNet50 of Keras';
  if (name === '[-1, 1]') return 'MobileNet and Inception of Keras and TensorFlow';
  if (name === '[0, 255]') return 'EfficientNet of Keras';
  return '';
}

function answersOf({ range, channelOrder, mean, std }: InputConvention): InputAnswers {
  return {
    range: [...range],
    channelOrder,
    ...(mean && { mean: [...mean] }),
    ...(std && { std: [...std] }),
  };
}

/** What is wrong with an answer, for the person who types it; undefined when nothing is. */
export function answerProblem(
  answers: Readonly<Record<string, unknown>>,
  { spec: { channels } }: Pick<ModelInspection, 'spec'>,
): string | undefined {
  const parsed = inputSpecFile.safeParse(answers);
  if (!parsed.success) return parsed.error.issues[0]?.message ?? 'not valid';
  for (const list of [parsed.data.mean, parsed.data.std]) {
    if (list && channels !== null && list.length !== channels && list.length !== 1) {
      return `Enter one number, or one for each of the ${channels} channels.`;
    }
  }
  return undefined;
}

/** Class names from a text: a JSON list, or one name a line. */
export function classNamesOf(text: string): string[] | undefined {
  let json: unknown;
  try {
    json = parseJson(text, '');
  } catch {
    json = text
      .split(/\r?\n/)
      .map((line) => line.trim())
      .filter((line) => line !== '');
  }
  return inputSpecFile.shape.classNames.safeParse(json).data;
}

/**
 * Writes answers into the model's sidecar. What somebody has written there stays as it is.
 * @throws M2atError `io` or `bad-input`
 */
export async function rememberAnswers(
  { modelFile, sidecar }: Pick<ModelInspection, 'modelFile' | 'sidecar'>,
  answers: InputAnswers,
): Promise<void> {
  const told = (await readSidecar(sidecar)) ?? {};
  const news = Object.entries(answers).filter(([key, value]) => value !== undefined && !(key in told));
  if (news.length > 0) await rememberInputSpec(modelFile, Object.fromEntries(news));
}
