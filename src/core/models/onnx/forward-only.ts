import { onnx } from 'onnx-proto';
import * as ort from '../../engine/runtime/onnx-runtime';
import { float32, sizeOf, type NdArray } from '../../engine/arrays/nd-array';
import { cpuSession } from '../../engine/devices/onnx-cpu-device';
import { M2atError, messageOf } from '../../errors';
import type { ForwardOnlyModel } from '../imported-model';
import { shardPath } from '../weight-shards';
import { chooseOutput } from '../choose-output';
import { firstSteps } from '../input/first-steps';
import { recognizeInput, type RecognizedInput } from '../input/recognize-input';
import { imageInput, readDeclaration, readMetadata, UINT8 } from './declaration';
import { externalRange } from './external-data';
import { imageTensor, inputTypes, scoresOf } from './forward-tensor';
import { inputLayout } from './input-layout';
import { toNumber } from './numbers';
import { readModelProto } from './read-graph';
import { Budget, readTensor } from './tensor-proto';

/**
 * Opens an .onnx file in ONNX Runtime as it is: any op and opset that it runs.
 * @param threads 0 for as many as there are cores
 * @param outputName of several outputs, the one with the scores
 * @throws M2atError `checkpoint` for a damaged file, or one that reads files outside its folder; `unsupported` for what
 * ONNX Runtime refuses
 */
export async function loadForwardOnly(
  modelFile: string,
  { threads = 0, outputName }: { readonly threads?: number; readonly outputName?: string | undefined } = {},
): Promise<ForwardOnlyModel> {
  const model = await readModelProto(modelFile);
  const graph = model.graph ?? {};
  await assertFilesInside(graph, modelFile);
  const initializers = new Set((graph.initializer ?? []).map(({ name }) => name ?? ''));
  const declared = (graph.input ?? []).map((info) => readDeclaration(info, modelFile));
  const input = imageInput(
    declared,
    (name) => initializers.has(name),
    modelFile,
    (type) => inputTypes.has(type),
  );
  const outputs = (graph.output ?? []).map((info) => readDeclaration(info, modelFile));
  const { output, because } = chooseOutput(outputs, outputName, modelFile);
  const drawing = (graph.node ?? []).find(drawsInTraining);
  const session = await open(modelFile, threads, drawing !== undefined);
  const { shape } = input;
  const { layout, recognized } = inputLayout(input, (graph.node ?? []).map(nodeForLayout));
  const told = await recognizedInput(input.name, graph, modelFile);
  return {
    inputShape: shape,
    dropsAt: drawing && ([drawing.name, ...(drawing.output ?? [])].find(Boolean) ?? drawing.opType ?? ''),
    layout,
    layoutRecognized: recognized,
    output: { name: output.name, because, all: outputs },
    classes: output.shape?.length === 2 ? (output.shape[1] ?? undefined) : undefined,
    metadata: readMetadata(model),
    inputRange: told?.range ?? (input.elementType === UINT8 ? [0, 255] : undefined),
    normalizes: told?.normalizes,
    logits: async (images) => {
      assertFits(images, shape, modelFile);
      const [batch = 0, ...rest] = images.shape;
      const chunk = shape[0] ?? batch;
      const size = sizeOf(rest);
      const scores: Float32Array[] = [];
      for (let start = 0; start < batch; start += chunk) {
        const part = new Float32Array(chunk * size);
        part.set(images.data.subarray(start * size, (start + chunk) * size));
        const tensor = imageTensor(part, [chunk, ...rest], input.elementType);
        const results = await run(session, { [input.name]: tensor }, output.name, modelFile);
        scores.push(scoresOf(results, chunk, modelFile));
      }
      return joined(scores, batch, chunk);
    },
    dispose: () => session.release(),
  };
}

/** Constants of a normalisation are as small as this; with raw bytes or in lists. */
const maxConstantBytes = 64;

/** What the first operations say about the images: only their constants are read. */
async function recognizedInput(
  input: string,
  graph: onnx.IGraphProto,
  modelFile: string,
): Promise<RecognizedInput | undefined> {
  const budget = new Budget(modelFile);
  const constants = new Map<string, ArrayLike<number>>();
  const read = async (name: string, proto: onnx.ITensorProto | null | undefined): Promise<void> => {
    const size = sizeOf((proto?.dims ?? []).map(toNumber));
    if (!proto || !(size * 4 <= maxConstantBytes)) return;
    // One that can't be read is of no use here; ONNX Runtime says what is wrong with it.
    const tensor = await readTensor(proto, budget, modelFile).catch(() => undefined);
    if (tensor) constants.set(name, tensor.data);
  };
  for (const proto of graph.initializer ?? []) await read(proto.name ?? '', proto);
  for (const { opType, output, attribute } of graph.node ?? []) {
    if (opType === 'Constant')
      await read(output?.[0] ?? '', attribute?.find(({ name }) => name === 'value')?.t);
  }
  const nodes = (graph.node ?? []).map(nodeForLayout);
  return recognizeInput(firstSteps(input, nodes, (name) => constants.get(name)));
}

/** A Dropout that is told to drop. */
function drawsInTraining({ opType, input }: onnx.INodeProto): boolean {
  return opType === 'Dropout' && Boolean(input?.[2]);
}

/** @param asItIs without any optimisation: ONNX Runtime's own leaves out a Dropout in training mode, and so its noise */
async function open(modelFile: string, threads: number, asItIs: boolean): Promise<ort.InferenceSession> {
  try {
    // No more than basic optimisation: the fusions beyond it crash the process on some malformed nodes.
    const session = cpuSession(threads);
    return await ort.InferenceSession.create(
      modelFile,
      asItIs ? { ...session, graphOptimizationLevel: 'disabled' } : session,
    );
  } catch (cause) {
    throw new M2atError('unsupported', `ONNX Runtime refuses the model: ${messageOf(cause)}`, {
      where: modelFile,
      cause,
    });
  }
}

async function run(
  session: ort.InferenceSession,
  feeds: Record<string, ort.Tensor>,
  output: string,
  modelFile: string,
): Promise<ort.Tensor> {
  let result: ort.OnnxValue | undefined;
  try {
    result = (await session.run(feeds, [output]))[output];
  } catch (cause) {
    throw new M2atError('checkpoint', `ONNX Runtime can't run the model: ${messageOf(cause)}`, {
      where: modelFile,
      hint: 'It wants images of another size, or its nodes do not fit together: export it again.',
      cause,
    });
  }
  if (result) return result;
  throw new M2atError('checkpoint', `the model has no output ${output}`, { where: modelFile });
}

/** One row an image; what filled up the last chunk is left out. */
function joined(scores: readonly Float32Array[], batch: number, chunk: number): NdArray<'float32'> {
  const classes = (scores[0]?.length ?? 0) / Math.max(1, chunk);
  const all = new Float32Array(batch * classes);
  scores.forEach((rows, index) => {
    const start = index * chunk * classes;
    all.set(rows.subarray(0, Math.min(rows.length, all.length - start)), start);
  });
  return float32(all, [batch, classes]);
}

function assertFits(images: NdArray, shape: readonly (number | null)[], modelFile: string): void {
  const fits =
    images.shape.length === shape.length &&
    shape.every((size, axis) => axis === 0 || size === null || size === images.shape[axis]);
  if (fits) return;
  const wanted = shape.map((size, axis) => (axis === 0 ? 'N' : (size ?? '?'))).join(', ');
  throw new M2atError('bad-input', `the model wants images [${wanted}], not [${images.shape.join(', ')}]`, {
    where: modelFile,
  });
}

function nodeForLayout(node: onnx.INodeProto): {
  op: string;
  inputs: readonly string[];
  outputs: readonly string[];
  permutation: readonly number[] | undefined;
} {
  const permutation = node.attribute?.find(({ name }) => name === 'perm')?.ints?.map(toNumber);
  return { op: node.opType ?? '', inputs: node.input ?? [], outputs: node.output ?? [], permutation };
}

/** ONNX Runtime reads what tensors name: each of these files has to lie in the model's folder. */
async function assertFilesInside(graph: onnx.IGraphProto, modelFile: string, depth = 0): Promise<void> {
  if (depth > 16) throw new M2atError('checkpoint', 'its graphs are nested too deeply', { where: modelFile });
  const attributes = (graph.node ?? []).flatMap(({ attribute }) => attribute ?? []);
  const tensors = [
    ...(graph.initializer ?? []),
    ...attributes.flatMap(({ t, tensors: list }) => [...(t ? [t] : []), ...(list ?? [])]),
  ];
  const locations = new Set<string>();
  for (const tensor of tensors) {
    if (tensor.dataLocation !== onnx.TensorProto.DataLocation.EXTERNAL) continue;
    const { location } = externalRange(tensor, modelFile);
    if (locations.has(location)) continue;
    locations.add(location);
    await shardPath(location, modelFile, `tensor ${tensor.name ?? ''}`);
  }
  for (const { g, graphs } of attributes) {
    for (const inner of [...(g ? [g] : []), ...(graphs ?? [])])
      await assertFilesInside(inner, modelFile, depth + 1);
  }
}
