import { assertNear, onLinuxOnly, peaksOf, type Peak, type PeakNetwork } from './peaks';

/** From 0.1 to 93 MB of weights. */
const networks: Record<string, PeakNetwork> = {
  'a CNN of 0.1 MB': {
    model: { name: 'small-cnn', widths: [16, 16, 32, 32], hidden: 16 },
    ...{ batchSize: 128, steps: 4 },
  },
  'the default CNN': { model: { name: 'small-cnn' }, batchSize: 128, steps: 4 },
  'WRN-16-2': { model: { name: 'wide-resnet', depth: 16, width: 2 }, batchSize: 32, steps: 3 },
  'WRN-10-6': { model: { name: 'wide-resnet', depth: 10, width: 6 }, batchSize: 16, steps: 3 },
  'PreAct-ResNet-18': { model: { name: 'preact-resnet' }, batchSize: 16, steps: 3 },
  'WRN-28-8': { model: { name: 'wide-resnet', depth: 28, width: 8 }, batchSize: 8, steps: 2 },
};

describe('the memory that is planned, and the peak', () => {
  for (const [name, network] of Object.entries(networks)) {
    it(`${name}: the estimate lies between the peak and 1.5 times it`, async function () {
      this.timeout(1_800_000);
      onLinuxOnly(this);
      const { training, attack } = await peaksOf(network);
      const kinds = { training, attack };
      console.log(`      ${(training.weights / 1e6).toFixed(2)} MB of weights`);
      for (const [kind, peak] of Object.entries(kinds)) console.log(`      ${kind}: ${textOf(peak)}`);
      for (const [kind, peak] of Object.entries(kinds)) assertNear(kind, peak);
    });
  }
});

function textOf({ estimate, peak }: Peak): string {
  const [said, was] = [estimate, peak].map((bytes) => `${(bytes / 1e6).toFixed(0)} MB`);
  return `${said} estimated, ${was} at the peak: ${(estimate / peak).toFixed(2)}`;
}
