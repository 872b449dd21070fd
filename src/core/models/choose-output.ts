import { M2atError } from '../errors';

/** An output of a network, as its file declares it. */
export interface ModelOutput {
  readonly name: string;
  /** undefined where the file does not say it; null for a dimension that it leaves open. */
  readonly shape: readonly (number | null)[] | undefined;
}

export interface ChosenOutput<T extends ModelOutput> {
  readonly output: T;
  /** `only`: there is one. `asked`: by its name. `name`: it sounds like scores. `first`: nothing better is known. */
  readonly because: 'only' | 'asked' | 'name' | 'first';
}

/** Names of scores, the most telling first. */
const telling = [
  /logit/i,
  /prob|softmax/i,
  /pred/i,
  /score/i,
  /class|label|categor|head|^fc|dense/i,
  /^(model_?)?outputs?(_?0)?$/i,
];

/**
 * The output with the class scores: the one that was asked for, or else one that is called so and is a matrix, or else the
 * first matrix.
 * @throws M2atError `bad-input` when there is none of that name, `checkpoint` when there is none at all
 */
export function chooseOutput<T extends ModelOutput>(
  outputs: readonly T[],
  asked: string | undefined,
  where: string,
): ChosenOutput<T> {
  const [first, another] = outputs;
  if (!first) throw new M2atError('checkpoint', 'the network has no output', { where });
  if (asked !== undefined) {
    const output = outputs.find(({ name }) => name === asked);
    if (output) return { output, because: 'asked' };
    throw new M2atError('bad-input', `the network has no output ${JSON.stringify(asked)}`, {
      where,
      hint: `It has: ${outputs.map(outputText).join(', ')}.`,
    });
  }
  if (!another) return { output: first, because: 'only' };
  const matrices = outputs.filter(({ shape }) => shape?.length === 2);
  const open = outputs.filter(({ shape }) => shape === undefined);
  const candidates = [matrices, open].find(({ length }) => length > 0) ?? outputs;
  for (const pattern of telling) {
    const output = candidates.find(({ name }) => pattern.test(lastPart(name)));
    if (output) return { output, because: 'name' };
  }
  return { output: candidates[0] ?? first, because: 'first' };
}

/** `logits [N, 10]` */
export function outputText({ name, shape }: ModelOutput): string {
  if (!shape) return name;
  return `${name} [${shape.map((size, axis) => (axis === 0 ? 'N' : (size ?? '?'))).join(', ')}]`;
}

/** `StatefulPartitionedCall/model/logits/BiasAdd:0` ends in what makes it; the name before says what it is. */
function lastPart(name: string): string {
  const parts = name.replace(/:\d+$/, '').split('/');
  const last = parts.at(-1) ?? name;
  return parts.length > 1 && /^(BiasAdd|MatMul|Softmax|Identity(_\d+)?)$/.test(last)
    ? `${parts.at(-2) ?? ''}${last === 'Softmax' ? 'softmax' : ''}`
    : last;
}
