import assert from 'node:assert/strict';
import { targetCounts, type TargetedOutcome } from '../../../src/core/report/target-counts';
import { handMadeAttack } from './hand-made-report';

describe('the counts of a targeted attack', () => {
  const { parameters } = handMadeAttack({ name: 'pgd', target: 2 }, []);
  type Image = TargetedOutcome['images'][number];
  const image = (changes: Partial<Image>): Image => ({
    ...{ label: 0, cleanPrediction: 0, target: 2, broken: false, misclassified: false },
    ...changes,
  });

  it('are of the images that it attacked itself', () => {
    const images = [
      image({ broken: true, misclassified: true }),
      image({ misclassified: true }),
      image({}),
      image({ label: 2, cleanPrediction: 2 }),
      image({ cleanPrediction: 1 }),
      image({ broken: true, misclassified: true, carriedFrom: 0 }),
    ];
    assert.deepEqual(targetCounts({ parameters, images }), {
      attacked: 3,
      leftOut: 1,
      reached: 1,
      misclassified: 2,
    });
  });

  it('are none of an untargeted one, or where targets are not known', () => {
    assert.equal(targetCounts({ parameters, images: [image({}), image({ target: undefined })] }), undefined);
    const untargeted = handMadeAttack({ name: 'pgd' }, []).parameters;
    assert.equal(targetCounts({ parameters: untargeted, images: [image({})] }), undefined);
  });
});
