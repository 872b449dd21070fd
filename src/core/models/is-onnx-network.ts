import * as z from 'zod';

/** The format of a model.json of a training that began with an ONNX file, which lies beside it. */
export const onnxNetworkFormat = 'onnx-network';

const kind = z.looseObject({ format: z.literal(onnxNetworkFormat) });

/** Whether a model.json is that of a network of an ONNX file. */
export function isOnnxNetwork(json: unknown): boolean {
  return kind.safeParse(json).success;
}
