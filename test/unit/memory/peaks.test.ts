import { assertNear, onLinuxOnly, peaksOf } from './peaks';

// Six networks up to 93 MB are in memory.long.ts.
describe('the memory that is planned, and the peak', () => {
  it('of a training and of an attack are near each other', async function () {
    this.timeout(120_000);
    onLinuxOnly(this);
    const model = { name: 'small-cnn', widths: [16, 16, 32, 32], hidden: 16 };
    const { training, attack } = await peaksOf({ model, batchSize: 192, steps: 2 });
    assertNear('training', training);
    assertNear('attack', attack);
  });
});
