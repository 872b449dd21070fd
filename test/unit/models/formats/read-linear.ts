import * as tf from '@tensorflow/tfjs';
import { onCpu } from '../../../../src/core/engine/tracing/host-storage';
import { M2atError } from '../../../../src/core/errors';
import { readError } from '../../../../src/core/files/open-for-reading';
import { readLimited } from '../../../../src/core/files/read-limited';
import type { ImportedModel } from '../../../../src/core/models/imported-model';

const HEADER = 20;
const MOST_BYTES = 2 ** 28;

/**
 * Reads `LIN1`; height, width, channels and classes as uint32; float32 [height * width * channels, classes]. All of it is
 * little-endian.
 * @throws M2atError `checkpoint` where the file has another size, or can't be read
 */
export async function readLinear(modelFile: string): Promise<ImportedModel> {
  const options = { code: 'checkpoint', hint: 'Save it again.' } as const;
  const bytes = await readLimited(modelFile, MOST_BYTES, options).catch((error: unknown) => {
    throw readError(error, modelFile, options);
  });
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const sizes = bytes.length < HEADER ? [] : [4, 8, 12, 16].map((at) => view.getUint32(at, true));
  const [height = 0, width = 0, channels = 0, classes = 0] = sizes;
  const pixels = height * width * channels;
  if (pixels * classes === 0 || bytes.length !== HEADER + 4 * pixels * classes) {
    throw new M2atError('checkpoint', 'its weights are not of the size that it says', { where: modelFile });
  }
  const values = new Float32Array(
    bytes.buffer.slice(bytes.byteOffset + HEADER, bytes.byteOffset + bytes.length),
  );
  const matrix = onCpu(() => tf.variable(tf.tensor2d(values, [pixels, classes])));
  return {
    format: 'linear',
    inputShape: [null, height, width, channels],
    layout: 'NHWC',
    classes,
    metadata: {},
    outputs: 'logits',
    weights: [matrix],
    forward: (x) => tf.matMul(tf.reshape(x, [-1, pixels]), matrix),
    dispose: () => {
      matrix.dispose();
    },
  };
}
