import assert from 'node:assert/strict';
import path from 'node:path';
import { evenSize, smallerBatches } from '../../../../src/core/attacks/base/batch-rows';
import { Evaluator } from '../../../../src/core/attacks/evaluation/evaluator';
import { attacks } from '../../../../src/core/attacks';
import type { AttackDefinition } from '../../../../src/core/attacks/base/define-attack';
import { singleAttacks } from '../../../../src/core/attacks/plan/attack-list';
import { attackKeys, imageStream } from '../../../../src/core/attacks/base/image-streams';
import { drawRandomStart } from '../../../../src/core/attacks/budget/random-start';
import { attackTitle } from '../../../../src/core/attacks/plan/attack-title';
import { drawsNothing, type ResolvedAttack } from '../../../../src/core/attacks/plan/resolve-attack';
import { POOL_SIZE, startPoolOf } from '../../../../src/core/attacks/base/start-pool';
import type { Victim } from '../../../../src/core/attacks/base/victim';
import type { ImageSource } from '../../../../src/core/data/image-source';
import { memoryImages } from '../../../../src/core/data/memory-images';
import { readImageArrays } from '../../../../src/core/data/image-arrays';
import type { Device } from '../../../../src/core/engine/devices/device';
import { openDevice } from '../../../../src/core/engine/devices/devices';
import { float32 } from '../../../../src/core/engine/arrays/nd-array';
import { Random } from '../../../../src/core/random';
import { loadClassifier, victimOf } from '../../../../src/core/attacking/classifier';
import { followEvaluation } from '../follow-evaluation';
import { formats } from '../../../../src/core/models/formats';
import { named } from '../named';

const cases = path.resolve('test/reference/cases');
const COUNT = 20;
const all = Array.from({ length: COUNT }, (_, n) => n);

/** Budgets that fool some of the images and not all, and searches that are short. */
const epsilons: Readonly<Record<string, number>> = { linf: 0.1, l2: 0.7, l1: 3 };
const short: Readonly<Record<string, unknown>> = {
  steps: 5,
  searches: 2,
  initialConstant: 1,
  queries: 40,
  restarts: 2,
  targets: 2,
  rotations: 3,
  translations: 3,
};

const definitions = singleAttacks(attacks);

/** Every attack in every norm that it has. */
const requests: readonly ResolvedAttack[] = definitions.flatMap((definition) =>
  Object.keys(epsilons).flatMap((norm) => requestOf(definition, norm)),
);

function requestOf({ name, minimal, parameters }: AttackDefinition, norm: string): ResolvedAttack[] {
  const wanted = {
    ...short,
    norm,
    ...(minimal ? {} : { epsilon: epsilons[norm] }),
    ...(name === 'nes' || name === 'spsa' ? { samples: 8 } : {}),
  };
  const known = Object.entries(wanted).filter(([key]) => key in parameters.shape);
  const request = { name, ...Object.fromEntries(known) };
  const fits = parameters.safeParse(request).success && ('norm' in parameters.shape || norm === 'linf');
  return fits ? [named(request)] : [];
}

const others = [
  // Without noise to start from.
  { name: 'hopskipjump', steps: 3, initialDraws: 0 },
  { name: 'boundary', steps: 3, initialDraws: 0 },
  { name: 'pgd', target: 'random', epsilon: 0.2, steps: 5 },
  { name: 'square', target: 'second', epsilon: 0.1, queries: 40 },
  { name: 'boundary', target: 'least-likely', steps: 3 },
].map((request) => named(request));

interface Found {
  readonly broken: boolean;
  readonly loss: number;
  readonly bytes: string;
}

describe('an image’s result does not depend on its neighbours', () => {
  let device: Device;
  let victim: Victim;
  let set: ImageSource;
  before(async () => {
    device = await openDevice('onnx-cpu', { threads: 1 });
    const files = { images: path.join(cases, 'x.npy'), labels: path.join(cases, 'y.npy') };
    set = await readImageArrays(files, { shape: [8, 8, 1], classes: 10 });
    const opened = await victimOf(
      await loadClassifier(formats, path.join(cases, 'digits.onnx')),
      device,
      [8, 8, 1],
    );
    assert.ok('logits' in opened);
    victim = opened;
  });
  after(() => device.dispose());

  const evaluatorOf = (attacks: readonly ResolvedAttack[], batchSize: number): Evaluator =>
    new Evaluator(victim, attacks, batchSize, { smaller: smallerBatches(batchSize) });

  async function attacked(
    evaluator: Evaluator,
    indices: readonly number[],
    place = 0,
  ): Promise<Map<number, Found>> {
    const bytes = new Map<number, string>();
    const options = { set, indices, seed: 3, signal: new AbortController().signal };
    const { attacks } = await followEvaluation(
      evaluator,
      options,
      ({ attackIndex, entered, adversarial }) => {
        for (const [n, { index }] of entered.images.entries()) {
          const image = adversarial.data.slice(64 * n, 64 * (n + 1));
          if (attackIndex === place) bytes.set(index, Buffer.from(image.buffer).toString('hex'));
        }
      },
    );
    const images = attacks[place]?.images ?? [];
    return new Map(
      images.map(({ index, broken, loss }) => [index, { broken, loss, bytes: bytes.get(index) ?? '' }]),
    );
  }

  function assertSame(part: ReadonlyMap<number, Found>, whole: ReadonlyMap<number, Found>): void {
    for (const [index, found] of part) {
      const before = whole.get(index);
      assert.ok(before);
      assert.equal(found.broken, before.broken, `image ${index}`);
      assert.ok(Math.abs(found.loss - before.loss) <= 1e-4 * before.loss, `image ${index}: ${found.loss}`);
      // ONNX Runtime's kernels of this processor round each row in the same way.
      if (process.arch === 'x64') assert.deepEqual(found, before, `image ${index}`);
    }
  }

  for (const attack of [...requests, ...others]) {
    it(`under ${attackTitle(attack)}, alone, among three, among ${COUNT}, in batches of any size`, async () => {
      const evaluator = evaluatorOf([attack], COUNT);
      const whole = await attacked(evaluator, all);
      assert.equal(whole.size, COUNT);
      assertSame(await attacked(evaluator, [4, 5, 6]), whole);
      await evaluator.dispose();
      const smaller = evaluatorOf([attack], 7);
      assertSame(await attacked(smaller, all), whole);
      assertSame(await attacked(smaller, [5]), whole);
      await smaller.dispose();
    });
  }

  it('covers every attack', () => {
    assert.deepEqual(new Set(requests.map(({ definition }) => definition)), new Set(definitions));
  });

  it('nor on what else is asked for; the very same attack draws anew', async () => {
    const pgd = named({ name: 'pgd', epsilon: 0.1, steps: 1, stepSize: 0.001 });
    const other = named({ name: 'fgsm-rs', epsilon: 0.1 });
    const smaller = named({ ...pgd.parameters, epsilon: 0.05 });
    const run = async (attacks: readonly ResolvedAttack[], place: number): Promise<Map<number, Found>> => {
      const evaluator = evaluatorOf(attacks, 8);
      const found = await attacked(evaluator, [1, 5], place);
      await evaluator.dispose();
      return found;
    };
    const alone = await run([pgd], 0);
    assertSame(await run([other, smaller, pgd], 2), alone);
    assert.notDeepEqual(await run([pgd, pgd], 1), alone);
  });
});

describe('the random numbers of attacks', () => {
  const [pgd, square] = ['pgd', 'square'].map((name) => named({ name }).parameters);
  assert.ok(pgd && square);
  const uniform = (random: Random): number => random.uniform();

  it('are keyed by seed, attack and image', () => {
    const [first, second, again] = attackKeys([pgd, square, pgd]);
    assert.ok(first && second && again);
    assert.deepEqual(
      [first, again],
      [
        { name: 'pgd', repeat: 0 },
        { name: 'pgd', repeat: 1 },
      ],
    );
    const numbers = [
      imageStream(1, first, 5),
      imageStream(2, first, 5),
      imageStream(1, second, 5),
      imageStream(1, again, 5),
      imageStream(1, first, 6),
      imageStream(1, first, 5).fork(1),
    ].map(uniform);
    assert.equal(new Set(numbers).size, numbers.length);
    const stream = imageStream(1, first, 5);
    stream.normal();
    assert.equal(uniform(stream.fork()), numbers[0]);
    // A change of these is one of every attack's starts: DRAWS_VERSION has to go up.
    assert.deepEqual(
      [uniform(imageStream(0, first, 5)), uniform(imageStream(0, first, 5).fork(2))],
      [0.06016283674883882, 0.15710561911440424],
    );
  });

  it('are those of before for training, which draws a batch from one stream', () => {
    for (const norm of ['linf', 'l2'] as const) {
      const one = Random.keyed(4, 'pgd-start', 1);
      const drawn = drawRandomStart(norm, [3, 2, 2, 1], 0.1, [one, one, one]);
      const expected = new Float32Array(12);
      const same = Random.keyed(4, 'pgd-start', 1);
      if (norm === 'linf') same.fillUniform(expected, -0.1, 0.1);
      else {
        for (let n = 0; n < 3; n++) {
          const image = expected.subarray(4 * n, 4 * n + 4);
          let squares = 0;
          for (let i = 0; i < 4; i++) {
            const value = same.normal();
            image[i] = value;
            squares += value * value;
          }
          const scale = (0.1 * same.uniform()) / Math.sqrt(squares);
          for (let i = 0; i < 4; i++) image[i] = (image[i] ?? 0) * scale;
        }
      }
      assert.deepEqual(drawn.data, expected);
    }
  });

  it('are none for attacks that start from the image', () => {
    const none = (parameters: object) => drawsNothing(named(parameters));
    for (const name of [
      'fgsm',
      'bim',
      'mi-fgsm',
      'deepfool',
      'fab',
      'fab-t',
      'cw',
      'ead',
      'jsma',
      'spatial',
    ]) {
      assert.ok(none({ name }), name);
    }
    assert.ok(none({ name: 'pgd', randomStart: false }));
    for (const parameters of [
      { name: 'pgd' },
      { name: 'pgd', randomStart: false, target: 'random' },
      { name: 'fgsm-rs' },
      { name: 'apgd-ce' },
      { name: 'fab', restarts: 2 },
      { name: 'spatial', search: 'random' },
      { name: 'square' },
      { name: 'boundary' },
    ]) {
      assert.ok(!none(parameters), JSON.stringify(parameters));
    }
  });
});

describe('the pool of starting images', () => {
  it('is the first 256 images of the set, with the class that the network gives each', async () => {
    const count = POOL_SIZE + 10;
    const images = Float32Array.from({ length: 2 * count }, (_, i) => (i % 7) / 7);
    const size = { height: 1, width: 1, channels: 2 };
    const set = memoryImages({ split: 'test', images, labels: new Int32Array(count), count, ...size });
    const pool = await startPoolOf(set, ({ data, shape }) => {
      const logits = data.slice();
      logits[6] = NaN;
      return Promise.resolve(float32(logits, [shape[0] ?? 0, 2]));
    });
    assert.equal(pool.predictions.length, POOL_SIZE);
    for (const [n, prediction] of pool.predictions.entries()) {
      const [left = 0, right = 0] = await pool.image(n);
      assert.deepEqual([left, right], [...images.subarray(2 * n, 2 * n + 2)]);
      assert.equal(prediction, n === 3 ? -1 : Number(right > left));
    }
  });
});

describe('even sizes', () => {
  it('are multiples of four', () => {
    assert.deepEqual([1, 4, 5, 7, 64].map(evenSize), [4, 4, 8, 8, 64]);
  });
});
