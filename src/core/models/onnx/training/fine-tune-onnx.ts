import { M2atError } from '../../../errors';
import type { Graph } from '../../graph/graph';
import { isRandom } from '../../graph/operators';
import { outputEnd } from '../../graph/output-end';
import type { FineTuned, FineTuneOptions } from '../../fine-tuned';
import { assertImages } from '../../input/assert-images';
import { findInputSpec, readSidecar, sidecarOf, type InputSpec } from '../../input/input-spec';
import { fitsPattern } from '../../name-pattern';
import { tryNetwork } from '../../try-network';
import { graphLayerOf } from '../../graph/graph-layer';
import { loadOnnxModel } from '../load-onnx-model';
import { graphOf, readModelProto } from '../read-graph';
import { withNewHead } from './dense-head';
import { foldedBatchNormText } from './folded-batch-norm';
import { onnxNetwork } from './onnx-network';
import { trainedTensors, type Norm, type Parameter } from './trained-tensors';
import { trainingProto } from './training-proto';

/**
 * A network from an ONNX file, made ready for training, with a new last layer where that is wanted, and without what is to be
 * frozen. It is saved as an ONNX file that takes what this one takes.
 * @throws M2atError `checkpoint` for whatever is wrong with the file; `bad-input` for images that it does not take, or a
 * pattern that fits nothing; `unsupported` for a network that can't be trained like this
 */
export async function fineTuneOnnx(file: string, options: FineTuneOptions): Promise<FineTuned> {
  const { inputShape, classes, seed } = options;
  const { spec, had } = await inspected(file);
  assertImages({ inputShape, spec }, file);
  let proto = await trainingProto(await readModelProto(file), file);
  let graph = await graphOf(proto, file, spec.outputName);
  const output = logitsOf(graph, spec);
  assertDeterministic(graph);
  const newHead = options.head === 'new' || (options.head === 'auto' && had !== classes);
  if (newHead) {
    proto = withNewHead(proto, graph, { output, classes, seed });
    graph = await graphOf(proto, file, spec.outputName);
  } else if (had !== classes) {
    throw new M2atError(
      'bad-input',
      `has ${had ?? 'an unknown number of'} classes, the data has ${classes}`,
      {
        where: file,
        hint: 'Leave model.head out, and the last layer is replaced.',
      },
    );
  }
  const { parameters, norms } = trainedTensors(graph);
  const frozen = frozenOf(parameters, options.freeze, file);
  const trained = parameters.filter(({ name }) => !frozen.has(name));
  const moving = norms.filter(({ scale }) => !frozen.has(scale));
  const model = onnxNetwork(proto, graph, {
    ...{ output, spec, inputShape, classes },
    trained: trained.map(({ name }) => name),
    statistics: new Map(moving.map(({ node, mean, variance }) => [node, [mean, variance]])),
  });
  try {
    assertTrainable();
    return {
      model,
      newHead,
      frozen: [...new Set([...frozen].map(layerOf))],
      numbers: { trained: count(trained), all: count(parameters) + countStatistics(norms, graph) },
      notes: notesOf(graph),
    };
  } catch (error) {
    model.dispose();
    throw error;
  }

  /** With statistics of the batch, and on the classes of the data. */
  function assertTrainable(): void {
    const layer = graphLayerOf(model);
    const mode = { batchNorm: 'train', updateStatistics: false } as const;
    const [, scores] = tryNetwork({
      modelFile: file,
      shape: [2, ...inputShape],
      scores: (x) => layer?.run(x, mode) ?? x,
      refuse: (_, cause) => new M2atError('unsupported', 'no gradients through it', { where: file, cause }),
    });
    if (scores === classes) return;
    throw new M2atError('unsupported', `its last layer makes ${scores ?? 'no'} scores of ${classes}`, {
      where: file,
      hint: 'What comes after its last layer has a fixed number of classes: export it with the classes of the data.',
    });
  }
}

/** What it takes and how many classes it has. It is tried as a network to attack is. */
async function inspected(file: string): Promise<{ spec: InputSpec; had: number | undefined }> {
  const outputName = (await readSidecar(sidecarOf(file)))?.outputName;
  const imported = await loadOnnxModel(file, { outputName });
  try {
    const { spec } = await findInputSpec(file, imported);
    // The data set names the classes.
    return { spec: { ...spec, classNames: undefined }, had: imported.classes };
  } finally {
    imported.dispose();
  }
}

/** The value in front of a softmax at its end: losses are of logits. */
function logitsOf(graph: Graph, { outputs }: InputSpec): string {
  const end = outputEnd(graph);
  if (end?.kind === 'softmax') return end.input;
  if (outputs === 'logits') return graph.output;
  throw new M2atError('unsupported', 'training a network whose output is probabilities of no softmax', {
    where: graph.modelFile,
    hint: 'Export it without what makes probabilities of its scores.',
  });
}

function assertDeterministic(graph: Graph): void {
  const node = graph.nodes.find((one) => isRandom(graph, one));
  if (!node) return;
  throw new M2atError('unsupported', 'training a network that draws random numbers', {
    where: `${graph.modelFile}: node ${node.name} (${node.op})`,
    hint: 'Export it after `model.eval()`. Attacks take it as it is.',
  });
}

/** Names of weights that are not trained. @throws M2atError `bad-input` when a pattern fits none, or all are frozen */
function frozenOf(parameters: readonly Parameter[], patterns: readonly string[], file: string): Set<string> {
  const frozen = new Set<string>();
  for (const pattern of patterns) {
    const fitting = parameters.filter(({ called }) => [...called].some((name) => fitsPattern(name, pattern)));
    if (fitting.length === 0) {
      throw new M2atError('bad-input', `has no weight or node that "${pattern}" fits`, {
        where: file,
        lines: [`Its weights: ${parameters.map(({ name }) => name).join(', ')}.`],
        hint: 'Correct model.freeze.',
      });
    }
    for (const { name } of fitting) frozen.add(name);
  }
  if (frozen.size === parameters.length) {
    throw new M2atError('bad-input', 'has nothing left to train', {
      where: file,
      hint: parameters.length === 0 ? 'Its weights are no tensors of the file.' : 'Shorten model.freeze.',
    });
  }
  return frozen;
}

function notesOf(graph: Graph): string[] {
  const folded = foldedBatchNormText(graph);
  const dropout = graph.nodes.find(({ op, domain }) => op === 'Dropout' && domain === '');
  return [
    ...(folded === undefined ? [] : [folded]),
    ...(dropout ? [`Its Dropout (${dropout.name}) drops nothing, in training neither.`] : []),
  ];
}

/** `conv1` for `conv1.weight`. */
function layerOf(name: string): string {
  return name.replace(/\.[^.]*$/, '');
}

function count(parameters: readonly Parameter[]): number {
  return parameters.reduce((sum, { array }) => sum + array.data.length, 0);
}

function countStatistics(norms: readonly Norm[], { constants }: Graph): number {
  return norms.reduce((sum, { mean }) => sum + 2 * (constants.get(mean)?.data.length ?? 0), 0);
}
