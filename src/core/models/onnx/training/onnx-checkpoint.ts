import type * as tf from '@tensorflow/tfjs';
import * as z from 'zod';
import { M2atError } from '../../../errors';
import { readError } from '../../../files/open-for-reading';
import { readLimited } from '../../../files/read-limited';
import type { GraphLayer } from '../../graph/graph-layer';
import { inputSpecFile, type InputSpecFile } from '../../input/input-spec-schema';
import type { InputSpec } from '../../input/input-spec';
import { verifyBytes, verifyDescription, type ModelChecksums } from '../../model-checksums';
import { onnxNetworkFormat } from '../../is-onnx-network';
import { shardPath } from '../../weight-shards';
import { decodeModelProto, graphOf, maxFileBytes } from '../read-graph';
import { onnxNetwork } from './onnx-network';

const side = z.int().min(1).max(8192);
const names = z.string().max(1000);

/** The `model.json` of a network of an ONNX file: the file beside it has the weights, and this says what of it is trained. */
const onnxDescription = z.looseObject({
  format: z.literal(onnxNetworkFormat),
  weightsManifest: z.tuple([z.object({ paths: z.tuple([z.string().min(1).max(1000)]) })]),
  network: z.object({
    /** The value with the logits. */
    output: names,
    input: inputSpecFile,
    inputShape: z.tuple([side, side, z.int().min(1).max(4)]),
    classes: z.int().min(1).max(100_000),
    trained: z.array(names).max(100_000),
    /** Node, moving mean and moving variance of each BatchNormalization that is trained. */
    statistics: z.array(z.tuple([names, names, names])).max(100_000),
  }),
  userDefinedMetadata: z.record(z.string(), z.unknown()).optional(),
});

/** The text of its model.json. @param weightsFile the name of the .onnx file beside it */
export function describeOnnx(
  { network }: GraphLayer,
  { weightsFile, metadata }: { readonly weightsFile: string; readonly metadata: Record<string, unknown> },
): string {
  const { output, spec, inputShape, classes, weights, statistics } = network;
  return JSON.stringify({
    format: onnxNetworkFormat,
    generatedBy: 'M2AT',
    network: {
      ...{ output, input: inputFileOf(spec), inputShape, classes },
      trained: weights.filter(({ trained }) => trained).map(({ name }) => name),
      statistics: [...statistics].map(([node, pair]) => [node, ...pair]),
    },
    weightsManifest: [{ paths: [weightsFile], weights: [] }],
    userDefinedMetadata: metadata,
  });
}

/** What a model wants, as its sidecar would say it. */
export function inputFileOf(spec: InputSpec): InputSpecFile {
  const known = Object.entries(spec).filter(([, value]) => value !== undefined && value !== null);
  return inputSpecFile.parse(Object.fromEntries(known));
}

interface OpenedDescription {
  /** The caller disposes it. */
  readonly model: tf.LayersModel;
  readonly metadata: Record<string, unknown>;
  readonly checksums: ModelChecksums | undefined;
}

/**
 * Reads a network of an ONNX file as its training saved it.
 * @param json the content of its model.json
 * @throws M2atError `checkpoint` for whatever is wrong with it
 */
export async function readOnnxDescription(json: unknown, modelFile: string): Promise<OpenedDescription> {
  const { network, userDefinedMetadata = {}, weightsManifest } = parsed(json, modelFile);
  const checksums = verifyDescription(json, modelFile);
  const file = await shardPath(weightsManifest[0].paths[0], modelFile);
  const options = { code: 'checkpoint' } as const;
  const bytes = await readLimited(file, maxFileBytes, options).catch((error: unknown) => {
    throw readError(error, file, options);
  });
  if (checksums) verifyBytes(bytes, checksums.weights, file, modelFile);
  const proto = decodeModelProto(bytes, file);
  const { input, statistics, ...rest } = network;
  const graph = await graphOf(proto, file, input.outputName);
  const model = onnxNetwork(proto, graph, {
    ...rest,
    spec: specOf(input),
    statistics: new Map(statistics.map(([node, mean, variance]) => [node, [mean, variance]])),
  });
  return { model, metadata: userDefinedMetadata, checksums };
}

/** The .onnx file that a model.json is of. @throws M2atError `checkpoint` */
export async function onnxFileOf(json: unknown, modelFile: string): Promise<string> {
  return shardPath(parsed(json, modelFile).weightsManifest[0].paths[0], modelFile);
}

function specOf(told: InputSpecFile): InputSpec {
  const { layout = 'NCHW', range = [0, 1], channelOrder = 'RGB', outputs = 'logits' } = told;
  const { height = null, width = null, channels = null } = told;
  return { ...told, layout, range, channelOrder, outputs, height, width, channels };
}

function parsed(json: unknown, modelFile: string): z.output<typeof onnxDescription> {
  const result = onnxDescription.safeParse(json);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw new M2atError('checkpoint', `no network of an ONNX file: ${issue?.message ?? 'wrong content'}`, {
    where: `${modelFile}: ${issue?.path.join('.') ?? ''}`,
    hint: 'It was changed: take another checkpoint, or the .onnx file beside it.',
  });
}
