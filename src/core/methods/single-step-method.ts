import { readAndRelease } from '../attacks/base/outputs';
import { float32, type NdArray } from '../engine/arrays/nd-array';
import { difference } from './difference';
import { createInnerAttack } from './inner-attack';
import type { InnerAttackParameters, StartDraws } from './inner-attack-parameters';
import type { Method, MethodNetwork, PreviewColumn } from './method';
import { adversarialColumn, amplifiedBy, cleanColumn, perturbationColumn } from './preview-columns';

/** Cross-entropy of images that are one step away from noise around the clean ones. */
export function createSingleStepMethod(
  network: MethodNetwork,
  parameters: InnerAttackParameters,
): Method<StartDraws> {
  const attack = createInnerAttack(network, parameters);
  return {
    prepare: async (batch, signal) => [await attack.run(batch, signal), batch.targets],
    async preview(batch, signal) {
      const { images: x, draws } = batch;
      const xAdv = await readAndRelease(await attack.run(batch, signal));
      const columns = [perturbationColumn(difference(xAdv, x)), adversarialColumn(xAdv)];
      return {
        columns: [cleanColumn(x), ...(draws.start ? [startColumn(x, draws.start)] : []), ...columns],
        ...amplifiedBy(parameters),
      };
    },
    dispose: () => attack.dispose(),
  };
}

/** The noise of the start, as far as it stays in [0, 1]. */
function startColumn(x: NdArray<'float32'>, start: NdArray<'float32'>): PreviewColumn {
  const clipped = x.data.map((value, i) => Math.min(1, Math.max(0, value + (start.data[i] ?? NaN))));
  return {
    ...perturbationColumn(difference(float32(clipped, x.shape), x), {
      title: 'η',
      symbol: 'η',
      name: 'start',
      about: 'noise that the step starts from, amplified',
    }),
    key: 'start',
  };
}
