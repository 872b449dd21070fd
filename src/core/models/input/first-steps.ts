/** What a network does with its input first: every pixel of a channel and a constant. */
export interface FirstStep {
  /** `rsub`: constant - x. */
  readonly op: 'add' | 'sub' | 'rsub' | 'mul' | 'div';
  /** One number, or one a channel. */
  readonly by: readonly number[];
}

/** As much of a node of an ONNX or TensorFlow graph as tells. */
export interface StepNode {
  readonly op: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
}

const arithmetic: ReadonlyMap<string, 'add' | 'sub' | 'mul' | 'div'> = new Map([
  ['Add', 'add'],
  ['AddV2', 'add'],
  ['BiasAdd', 'add'],
  ['Sub', 'sub'],
  ['Mul', 'mul'],
  ['Div', 'div'],
  ['RealDiv', 'div'],
]);

/** What leaves every pixel as it is. */
const passes = new Set([
  'Identity',
  'Cast',
  'Transpose',
  'Reshape',
  'Squeeze',
  'Unsqueeze',
  'ExpandDims',
  'Dropout',
]);

/** Readers that look at the shape alone. */
const shapeReaders = new Set(['Shape', 'Size']);

/** More channels than this are no image. */
const mostChannels = 4;
const longestChain = 64;

/**
 * Follows a graph from its input for as long as only constants are added to it, subtracted from it, multiplied with it, or
 * divide it: what a network that normalises its input itself begins with.
 * @param constant the numbers of a value that does not depend on the input, where there are at most a few
 */
export function firstSteps(
  input: string,
  nodes: Iterable<StepNode>,
  constant: (name: string) => ArrayLike<number> | undefined,
): FirstStep[] {
  const makers = new Map<string, StepNode>();
  const readers = new Map<string, StepNode[]>();
  for (const node of nodes) {
    for (const name of node.outputs) makers.set(name, node);
    if (shapeReaders.has(node.op)) continue;
    for (const name of new Set(node.inputs)) {
      const known = readers.get(name);
      if (known) known.push(node);
      else readers.set(name, [node]);
    }
  }
  const numbers = (name: string, depth = 0): number[] | undefined => {
    const known = constant(name);
    if (known) return known.length >= 1 && known.length <= mostChannels ? Array.from(known) : undefined;
    const maker = makers.get(name);
    const [from] = maker?.inputs ?? [];
    return maker && passes.has(maker.op) && from !== undefined && depth < longestChain
      ? numbers(from, depth + 1)
      : undefined;
  };
  const steps: FirstStep[] = [];
  let name = input;
  for (let length = 0; length < longestChain; length++) {
    const [node, another] = readers.get(name) ?? [];
    const output = node?.outputs[0];
    if (!node || another || output === undefined) break;
    if (!passes.has(node.op)) {
      const op = arithmetic.get(node.op);
      const place = node.inputs.indexOf(name);
      const by = numbers(node.inputs[1 - place] ?? '');
      // A constant that is divided by the image is no normalisation.
      if (!op || place > 1 || !by || (op === 'div' && place === 1)) break;
      steps.push({ op: op === 'sub' && place === 1 ? 'rsub' : op, by });
    }
    name = output;
  }
  return steps;
}
