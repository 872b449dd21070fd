import assert from 'node:assert/strict';
import type { Device } from '../../../../src/core/engine/devices/device';
import { messageOf } from '../../../../src/core/errors';
import { Random } from '../../../../src/core/random';
import { deviceWith, skipWithoutWebGpu, type TestedDevice } from '../engine-fixture';
import { checkNetwork, isDifference, nearKink } from './check-network';
import { randomNetwork, type NetworkSpec } from './network-spec';

/** `npm run fuzz -- --seed 17 --count 1` sets these. */
const firstSeed = Number(process.env.M2AT_FUZZ_SEED ?? 1);
const count = Number(process.env.M2AT_FUZZ_COUNT ?? 300);
const chosen = process.env.M2AT_FUZZ_DEVICE;
/** Networks a test: failures of all of them are reported together. */
const CHUNK = 25;

async function problemOf(device: Device, spec: NetworkSpec, seed: number): Promise<string | undefined> {
  try {
    return await checkNetwork(device, spec, seed);
  } catch (error) {
    return messageOf(error);
  }
}

/** The spec with as many layers left out as still differ. */
async function shrink(
  device: Device,
  spec: NetworkSpec,
  seed: number,
  problem: string,
): Promise<[NetworkSpec, string]> {
  for (let i = spec.layers.length - 1; i >= 0; i--) {
    const smaller: NetworkSpec = { ...spec, layers: spec.layers.toSpliced(i, 1) };
    const found = await problemOf(device, smaller, seed);
    // A network that can't be built without the layer is no smaller example.
    if (found === undefined || !isDifference(found)) continue;
    return shrink(device, smaller, seed, found);
  }
  return [spec, problem];
}

async function fuzz(name: TestedDevice, seeds: readonly number[]): Promise<number> {
  const device = await deviceWith(name);
  const failures: string[] = [];
  let checked = 0;
  for (const seed of seeds) {
    // A network without weights away from its kinks is replaced by another.
    for (let variant = 0; variant < 20; variant++) {
      const spec = randomNetwork(Random.keyed(seed, 'network', variant));
      const problem = await problemOf(device, spec, seed);
      if (problem === nearKink) continue;
      checked++;
      if (problem !== undefined) {
        const [smallest, what] = await shrink(device, spec, seed, problem);
        failures.push(
          `seed ${seed} on ${name}: ${problem}\n    network: ${JSON.stringify(spec)}\n    smallest that differs: ${JSON.stringify(smallest)}\n    there: ${what}`,
        );
      }
      break;
    }
  }
  assert.ok(
    failures.length === 0,
    `${failures.length} of ${seeds.length} networks\n  ${failures.join('\n  ')}`,
  );
  return checked;
}

/** The device of a seed: both layouts alternate, also when one seed is run again. */
function deviceOf(seed: number): TestedDevice {
  if (chosen === 'blocked' || chosen === 'portable' || chosen === 'webgpu') return chosen;
  return seed % 2 === 0 ? 'blocked' : 'portable';
}

describe('random networks, compiled and op by op', function () {
  this.timeout(600_000);
  if (chosen === 'webgpu') before(skipWithoutWebGpu);
  for (let start = 0; start < count; start += CHUNK) {
    const seeds = Array.from({ length: Math.min(CHUNK, count - start) }, (_, i) => firstSeed + start + i);
    it(`agree for the seeds ${seeds[0]} to ${seeds.at(-1)}`, async () => {
      let checked = 0;
      for (const name of new Set(seeds.map(deviceOf))) {
        checked += await fuzz(
          name,
          seeds.filter((seed) => deviceOf(seed) === name),
        );
      }
      assert.equal(checked, seeds.length);
    });
  }
});

describe('random networks (webgpu)', function () {
  before(skipWithoutWebGpu);
  this.timeout(300_000);
  it('agree for the seeds 1 to 4', async () => {
    assert.equal(await fuzz('webgpu', [1, 2, 3, 4]), 4);
  });
});
