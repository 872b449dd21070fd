import * as tf from '@tensorflow/tfjs';
import { M2atError } from '../../errors';
import { importGraph } from '../graph/import-graph';
import { prepareGraph } from '../graph/prepare-graph';
import type { ImportedModel } from '../imported-model';
import { whatWorks } from '../model-json';
import { graphModelFile, type GraphModelFile } from './graph-model-schema';
import { readGraphDef } from './read-graph-def';

export interface GraphModelOptions {
  /** Of several outputs, the one with the scores: its key in the signature, or its node. */
  readonly outputName?: string | undefined;
}

/**
 * A TF.js graph model that classifies images, from the content of a model.json. The file is taken for hostile: nothing
 * outside its folder is read, nothing is allocated that its weight files don't cover, and no value of the network may be
 * larger than 2^27 numbers an image. Every node and its gradient are tried once, on shapes alone.
 * @throws M2atError `checkpoint` for whatever is wrong with it, `unsupported` for an op that is not supported or can't be
 * differentiated; both name the node
 */
export async function readGraphModel(
  json: unknown,
  modelFile: string,
  { outputName }: GraphModelOptions = {},
): Promise<ImportedModel> {
  const { graph, ports } = await readGraphDef(parse(json, modelFile), modelFile, outputName);
  const { inputShape, layout, trial } = ports;
  return importGraph({
    graph,
    prepared: prepareGraph(graph),
    layout,
    asScores: (value, { shape: [batch = 1] }, isOutput) =>
      // What a Reshape or Squeeze after the softmax would make of what it reads.
      assertMatrix(isOutput ? value : tf.reshape(value, [batch, -1]), modelFile),
    tryOut: (tryAt) => tryAt(inputShape.map((size, axis) => size ?? trial[axis] ?? 1)) ?? 0,
  });
}

function parse(json: unknown, modelFile: string): GraphModelFile {
  const parsed = graphModelFile.safeParse(json);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new M2atError('checkpoint', `no TF.js graph model: ${issue?.message ?? 'wrong content'}`, {
      where: `${modelFile}: ${issue?.path.join('.') ?? ''}`.replace(/: $/, ''),
      hint: whatWorks,
    });
  }
  return parsed.data;
}

function assertMatrix(value: tf.Tensor, modelFile: string): tf.Tensor {
  if (value.rank === 2) return value;
  throw new M2atError('checkpoint', `no image classifier: it returns [${value.shape.join(', ')}]`, {
    where: `${modelFile}: signature.outputs`,
    hint: 'Expected an output [N, classes].',
  });
}
