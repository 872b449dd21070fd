import assert from 'node:assert/strict';
import { parseExperiment } from '../../../src/core/experiment/parse-experiment';

const parsed = (augment: object): ReturnType<typeof parseExperiment> =>
  parseExperiment(
    JSON.stringify({
      dataset: { name: 'cifar10' },
      model: { name: 'small-cnn' },
      method: { name: 'standard' },
      training: { augment },
    }),
  );

describe('augmentations of an experiment', () => {
  it('pad and crop, unless random parts are scaled: then the record says so', () => {
    const augmentOf = (augment: object): unknown => {
      const { runs, problems } = parsed(augment);
      assert.equal(problems, undefined);
      return runs[0]?.experiment.training.augment;
    };
    assert.deepEqual(augmentOf({}), { crop: 4, flip: true });
    assert.deepEqual(augmentOf({ randomResizedCrop: {} }), {
      ...{ crop: 0, flip: true },
      randomResizedCrop: { scale: [0.08, 1], ratio: [3 / 4, 4 / 3] },
    });
    assert.deepEqual(augmentOf({ crop: 0, randomResizedCrop: { scale: [0.5, 0.9] } }), {
      ...{ crop: 0, flip: true },
      randomResizedCrop: { scale: [0.5, 0.9], ratio: [3 / 4, 4 / 3] },
    });
  });

  it('are refused where they have no meaning together, or no order', () => {
    const problemsOf = (augment: object): string[] =>
      (parsed(augment).problems ?? []).map(({ field, message }) => `${field} ${message}`);
    assert.match(
      problemsOf({ crop: 4, randomResizedCrop: {} }).join(),
      /^training\.augment\.crop can't be combined/,
    );
    assert.match(
      problemsOf({ randomResizedCrop: { scale: [1, 0.5] } }).join(),
      /^training\.augment\.randomResizedCrop\.scale must be the least share/,
    );
    assert.match(
      problemsOf({ randomResizedCrop: { ratio: [2, 1], scale: [0, 1] } }).join(),
      /randomResizedCrop\.scale.*randomResizedCrop\.ratio must be the least ratio/,
    );
  });
});
