import { writeFile } from 'node:fs/promises';
import { findInputSpec, sidecarOf } from '../../../src/core/models/input/input-spec';
import { loadClassifier } from '../../../src/core/attacking/classifier';
import { formats } from '../../../src/core/models/formats';
import { Random } from '../../../src/core/random';
import { writeLayersModel } from '../../support/tiny-models';
import { assertFound, contentOf, oneFile, type FuzzTarget } from '../fuzz-target';
import { mutateText } from '../mutate/mutate-text';

const NAME = 'model.m2at-model.json';
const original = {
  layout: 'NHWC',
  height: 8,
  width: 8,
  channels: 3,
  range: [0, 255],
  channelOrder: 'BGR',
  mean: [123.7, 116.3, 103.5],
  std: [1],
  outputName: 'mean',
  outputs: 'logits',
  classNames: ['red', 'green', 'blue'],
};

/** What a model's sidecar says of its input, together with what the model itself says. */
export async function sidecarTarget(folder: string): Promise<FuzzTarget> {
  const modelFile = await writeLayersModel(folder);
  const { model } = await loadClassifier(formats, modelFile);
  const text = JSON.stringify(original, null, 2);
  return {
    input(seed) {
      const { bytes, label } = mutateText(text, original, Random.keyed(seed, 'fuzz-sidecar'));
      return oneFile(NAME, bytes, label);
    },
    async attempt(input) {
      await writeFile(sidecarOf(modelFile), contentOf(input, NAME));
      const { spec } = await findInputSpec(modelFile, model);
      const numbers = [
        spec.height,
        spec.width,
        spec.channels,
        ...spec.range,
        ...(spec.mean ?? []),
        ...(spec.std ?? []),
      ];
      assertFound(
        numbers.every((value) => value === null || Number.isFinite(value)) && spec.range[0] < spec.range[1],
        `no input: ${JSON.stringify(spec)}`,
      );
      assertFound(
        (spec.std ?? []).every((value) => value > 0),
        `a std of ${JSON.stringify(spec.std)}`,
      );
      return 'accepted';
    },
    close: () => {
      model.dispose();
      return Promise.resolve();
    },
  };
}
