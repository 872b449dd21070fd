import type * as tf from '@tensorflow/tfjs';
import { graphLayerOf } from '../graph/graph-layer';
import { encodeLayersModel } from '../layers-model/layers-model-file';
import { describeOnnx } from '../onnx/training/onnx-checkpoint';
import { encodeOnnx } from '../onnx/training/encode-onnx';

/** The files of a checkpoint: its model.json, and one with the weights. */
export interface EncodedNetwork {
  readonly modelJson: string;
  readonly weights: Uint8Array;
  /** The name of the latter. */
  readonly weightsFile: string;
}

/**
 * A network in the format that it began from: TF.js's layers format, or ONNX.
 * @param version is in the names of files
 * @param metadata kept as `userDefinedMetadata`
 */
export function encodeNetwork(
  model: tf.LayersModel,
  {
    version,
    metadata,
  }: { readonly version: string; readonly metadata: Record<string, unknown> & { classNames: string[] } },
): EncodedNetwork {
  const graph = graphLayerOf(model);
  if (!graph) {
    const weightsFile = `weights-${version}.bin`;
    return { ...encodeLayersModel(model, { weightsFile, metadata }), weightsFile };
  }
  const weightsFile = `network-${version}.onnx`;
  return {
    modelJson: describeOnnx(graph, { weightsFile, metadata }),
    weights: encodeOnnx(graph, metadata.classNames),
    weightsFile,
  };
}
