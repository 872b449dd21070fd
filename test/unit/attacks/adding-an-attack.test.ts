import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { readPredictions } from '../../../src/core/attacks/base/predictions';
import { scoreModelOf } from '../../../src/core/attacks/base/score-model';
import { layersModelVictim } from '../../../src/core/attacks/base/victim';
import { readArray } from '../../../src/core/engine/arrays/device-array';
import { contextOf } from './context';
import { niFgsm } from './ni-fgsm/ni-fgsm-definition';
import { testDevices } from './devices';
import { imageNorms } from './linear-victim';
import { tinyImages, tinyNetwork } from './tiny-network';

describe('docs/adding-an-attack.md', () => {
  const doc = readFileSync('docs/adding-an-attack.md', 'utf8').replaceAll('\r\n', '\n');

  it('shows the example that the tests run, as files of src/core/attacks/gradient, each in fewer than 40 lines', () => {
    for (const name of ['ni-fgsm-definition.ts', 'ni-fgsm.ts']) {
      const example = readFileSync(`test/unit/attacks/ni-fgsm/${name}`, 'utf8')
        .replaceAll('\r\n', '\n')
        .replaceAll('../../../../src/core/attacks/', '../')
        .replaceAll('../../../../src/core/', '../../');
      assert.ok(example.trimEnd().split('\n').length < 40);
      assert.ok(doc.includes('```ts\n' + example + '```'), `copy ${name} into the page`);
    }
  });

  it('names files that exist', () => {
    const names = doc.match(/`[\w./-]+\.(ts|md|json)`/g) ?? [];
    assert.ok(names.length > 5);
    for (const name of names.map((quoted) => quoted.slice(1, -1))) {
      const rooms = readdirSync('src/core/attacks').map((room) => `src/core/attacks/${room}/`);
      const places = [
        '',
        'docs/',
        ...rooms,
        'test/unit/attacks/',
        'test/unit/attacks/ni-fgsm/',
        'test/reference/',
        'media/',
      ];
      assert.ok(
        places.some((place) => existsSync(place + name)),
        name,
      );
    }
  });

  for (const { name, open } of testDevices) {
    it(`the example is an attack (${name})`, async () => {
      const device = await open();
      const model = tinyNetwork();
      const victim = layersModelVictim(device, model, 'eval');
      const batch = tinyImages(6);
      const attack = await niFgsm.bind(victim, { name: 'ni-fgsm', epsilon: 0.05, steps: 10 });
      const context = contextOf(6);
      const found = await readArray(await attack.perturb(batch, context));
      const norms = imageNorms(batch.images, found, 'linf');
      assert.ok(norms.every((norm) => norm > 0.04 && norm <= 0.05 + 1e-6));
      const scores = scoreModelOf(victim);
      const losses = async (images: typeof found): Promise<number[]> =>
        readPredictions(await scores.logits(images), batch.labels).map(({ loss }) => loss);
      const [before, after] = [await losses(batch.images), await losses(found)];
      for (const [n, loss] of after.entries()) assert.ok(loss > (before[n] ?? NaN) + 0.1, `image ${n}`);
      await attack.dispose();
      await scores.dispose();
      model.dispose();
      await device.dispose();
    });
  }
});
