import assert from 'node:assert/strict';
import { float32, type NdArray } from '../../../src/core/engine/arrays/nd-array';
import type { FoundInputSpec, InputSpec } from '../../../src/core/models/input/input-spec';
import { affineOf } from '../../../src/core/models/input/prepare-input';
import { inputWarning, isProbed, isSuspicious, probeText } from '../../../src/core/attacking/input-warning';
import {
  probeInput,
  type LogitsOf,
  type ProbeOptions,
  type ProbeResult,
} from '../../../src/core/attacking/probe-input';
import { probeSeconds } from '../../../src/core/attacking/probe-time';
import { named } from '../attacks/named';

const spec: InputSpec = {
  layout: 'NCHW',
  height: 4,
  width: 4,
  channels: 3,
  range: [0, 1],
  channelOrder: 'RGB',
  outputs: 'logits',
};
const origins: FoundInputSpec['origins'] = {
  layout: 'graph',
  size: 'file',
  channels: 'file',
  range: 'assumed',
  mean: 'assumed',
  std: 'assumed',
  channelOrder: 'assumed',
  classes: 'graph',
  outputName: 'file',
  outputs: 'graph',
};
const count = 64;
const labels = Array.from({ length: count }, (_, n) => n % 2);
/** Reddish images of class 0, bluish ones of class 1, of different brightness. */
const images = float32(
  Float32Array.from({ length: count * 48 }, (_, i) => {
    const [n, channel] = [Math.floor(i / 48), i % 3];
    return 0.4 + 0.2 * ((n % 7) / 7) + (channel === 1 ? 0 : (channel === 0) === (n % 2 === 0) ? 0.1 : -0.1);
  }),
  [count, 4, 4, 3],
);

/** What a network with this input sees, when it is given images as another spec has them. */
function networkFor(trained: Partial<InputSpec>, given: InputSpec = spec): LogitsOf {
  const [own, wanted] = [affineOf(given, 3), affineOf({ ...spec, ...trained }, 3)];
  return ({ data, shape: [n = 0] }) => {
    const logits = new Float32Array(n * 2);
    for (let i = 0; i < n; i++) {
      const sums = [0, 0, 0];
      for (let at = i * 48; at < (i + 1) * 48; at++) {
        // The model's own channels, then the channels of the image as it was trained on.
        const channel = given.channelOrder === 'BGR' ? 2 - (at % 3) : at % 3;
        const value = (data[at] ?? 0) * (own.scale[channel] ?? 1) + (own.shift[channel] ?? 0);
        const pixel = (value - (wanted.shift[channel] ?? 0)) / (wanted.scale[channel] ?? 1);
        const colour = trained.channelOrder === 'BGR' ? 2 - channel : channel;
        sums[colour] = (sums[colour] ?? 0) + pixel / 16;
      }
      // Anything but pixels of about [0, 1] confuses it.
      const dark = Math.max(0, Math.abs((sums[0] ?? 0) + (sums[1] ?? 0) + (sums[2] ?? 0) - 1.5) - 0.6);
      // So does another contrast than that of its images.
      const contrast = (sums[0] ?? 0) - (sums[2] ?? 0);
      const margin = 8 * Math.sign(contrast) * Math.max(-1, 1 - 20 * Math.abs(Math.abs(contrast) - 0.2));
      logits[2 * i] = margin / (1 + 20 * dark);
      logits[2 * i + 1] = 0;
    }
    return Promise.resolve(float32(logits, [n, 2]));
  };
}

const probe = (changes: Partial<ProbeOptions>): Promise<ProbeResult> =>
  probeInput({
    found: { spec, origins },
    images,
    labels,
    logits: networkFor({}),
    batchSize: 64,
    secondsPerBatch: 1e-4,
    seconds: 10,
    ...changes,
  });

describe('the probe of the input', () => {
  it('names the convention that a network was trained with, whatever it is', async () => {
    const trained: readonly [string, Partial<InputSpec>][] = [
      ['[0, 255]', { range: [0, 255] }],
      ['[-1, 1]', { range: [-1, 1] }],
      ["[0, 1] with ImageNet's mean and std", { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] }],
      ['[0, 1], BGR', { channelOrder: 'BGR' }],
      [
        "[0, 255] with Caffe's mean, BGR",
        { range: [0, 255], channelOrder: 'BGR', mean: [103.939, 116.779, 123.68] },
      ],
    ];
    for (const [name, input] of trained) {
      const { better, tried, of } = await probe({ logits: networkFor(input) });
      assert.equal(better?.candidate.name, name);
      assert.deepEqual([tried, of, better.images, better.fit.right], [17, 17, 64, 64], 'nine, in two orders');
    }
  });

  it('says nothing of a network that is given what it wants, nor where another convention is the same', async () => {
    assert.equal((await probe({})).better, undefined);
    const known: InputSpec = {
      ...spec,
      range: [0, 255],
      channelOrder: 'BGR',
      mean: [103.939, 116.779, 123.68],
    };
    const result = await probe({
      found: { spec: known, origins: { ...origins, range: 'graph' } },
      logits: networkFor(known, known),
    });
    assert.deepEqual([result.better, result.of], [undefined, 17]);
    // Seen from there, too.
    const wrong = await probe({
      found: { spec: known, origins },
      logits: networkFor({ range: [-1, 1] }, known),
    });
    assert.equal(wrong.better?.candidate.name, '[-1, 1]');
  });

  it('wants three standard errors, and no lower accuracy', async () => {
    /** Logits by the brightness that it is given: [0, 1] first, [0, 255] is what it is compared with. */
    const two = (own: (n: number) => number, other: (n: number) => number): Promise<ProbeResult> =>
      probe({
        logits: ({ data, shape: [rows = 0] }) => {
          const logits = new Float32Array(rows * 2);
          for (let i = 0; i < rows; i++) {
            const n = i % count;
            const value = data[i * 48] ?? 0;
            const margin = value > 20 && value < 300 ? other(n) : own(n);
            logits[2 * i + (labels[n] ?? 0)] = margin;
          }
          return Promise.resolve(float32(logits, [rows, 2]));
        },
      });
    assert.equal(
      (
        await two(
          () => 1,
          () => 1.1,
        )
      ).better?.candidate.name,
      '[0, 255]',
      'always a little lower',
    );
    // Lower in the mean: by two and a half standard errors, and by four.
    const spread =
      (gain: number) =>
      (n: number): number =>
        5 + gain + (n % 4 < 2 ? 3 : -3);
    assert.equal((await two(() => 5, spread(0))).better, undefined);
    assert.equal(
      (
        await two(
          () => -4,
          (n) => (n === 0 ? -60 : 5),
        )
      ).better?.candidate.name,
      '[0, 255]',
    );
    const moreLoss = await two(
      (n) => (n < 8 ? -30 : 0.1),
      (n) => (n < 40 ? -0.1 : 5),
    );
    assert.equal(moreLoss.better, undefined, 'its cross-entropy is lower, its accuracy, too');
  });

  it('says nothing where there are too few images for a standard error', async () => {
    const few = (n: number): Partial<ProbeOptions> => ({
      images: float32(images.data.subarray(0, n * 48), [n, 4, 4, 3]),
      labels: labels.slice(0, n),
      logits: networkFor({ range: [0, 255] }),
    });
    const seven = await probe(few(7));
    assert.equal(seven.better, undefined);
    assert.equal(probeText(seven), 'Other conventions of input were not tried: 7 images tell too little.');
    assert.equal((await probe(few(8))).better?.candidate.name, '[0, 255]');
  });

  it('leaves images without finite logits out', async () => {
    const exploding: LogitsOf = async (given) => {
      const { data, shape } = await networkFor({ range: [0, 255] })(given);
      return float32(
        data.map((value, i) => (i % 2 === 1 && (i >> 1) % 8 === 3 ? -Infinity : value)),
        shape,
      );
    };
    const { better } = await probe({ logits: exploding });
    assert.deepEqual([better?.candidate.name, better?.images, better?.fit.right], ['[0, 255]', 56, 56]);
  });

  it('keeps what is declared: mean and std, order, layout', async () => {
    const declared = { ...spec, mean: [0.5], std: [0.25] };
    const found = {
      spec: declared,
      origins: { ...origins, mean: 'metadata', std: 'metadata', channelOrder: 'sidecar' } as const,
    };
    const result = await probe({
      found,
      logits: networkFor({ range: [0, 255], mean: [0.5], std: [0.25] }, declared),
    });
    assert.equal(result.of, 2, '[0, 255] and [-1, 1]');
    assert.deepEqual(result.better?.candidate.mean, [0.5]);
    const gray = await probe({
      found: { spec: { ...spec, channels: 1 }, origins },
      images: float32(images.data.subarray(0, count * 16), [count, 4, 4, 1]),
      logits: ({ shape: [n = 0] }) => Promise.resolve(float32(new Float32Array(2 * n), [n, 2])),
    });
    assert.equal(gray.of, 3, "[0, 255], [-1, 1], MNIST's");
  });

  it('gives gray images to a network for colours, and tries the other layout where it is open', async () => {
    const open: InputSpec = { ...spec, layout: 'NHWC', height: null, width: null, channels: null };
    const seen: NdArray['shape'][] = [];
    const result = await probe({
      found: { spec: open, origins: { ...origins, layout: 'assumed' } },
      logits: ({ shape: [n = 0] }) => Promise.resolve(float32(new Float32Array(2 * n), [n, 2])),
      inOtherLayout: (other) => {
        assert.equal(other.layout, 'NCHW');
        return Promise.resolve((given) => {
          seen.push(given.shape);
          return networkFor({ range: [-1, 1] })(given);
        });
      },
    });
    assert.deepEqual([result.tried, result.of], [35, 35]);
    assert.equal(result.better?.candidate.name, '[-1, 1] in the layout NCHW');
    assert.deepEqual(seen[0], [64, 4, 4, 3]);
    const unable = await probe({
      found: { spec: open, origins: { ...origins, layout: 'assumed' } },
      inOtherLayout: () => Promise.resolve(undefined),
    });
    assert.deepEqual([unable.tried, unable.of], [35, 35]);
    const gray = await probe({
      images: float32(images.data.subarray(0, count * 16), [count, 4, 4, 1]),
      logits: (given) => {
        assert.deepEqual(given.shape.slice(1), [4, 4, 3]);
        return networkFor({})(given);
      },
    });
    assert.equal(gray.of, 8, 'gray has no order of colours');
  });

  it('stops when the time is up, and takes fewer images before it leaves conventions out', async () => {
    let clock = 0;
    let passes = 0;
    const slow = (seconds: number): Partial<ProbeOptions> => ({
      now: () => clock,
      secondsPerBatch: seconds,
      seconds: 1,
      logits: (given) => {
        clock += seconds;
        passes++;
        return networkFor({ range: [0, 255] })(given);
      },
    });
    const some = await probe(slow(0.15));
    assert.ok(clock <= 1, `${clock} s`);
    assert.equal(some.images, 21, 'of 64, so that there is time for all of them');
    assert.equal(some.tried, some.of);
    clock = 0;
    const fewer = await probe(slow(0.3));
    assert.ok(clock <= 1 && fewer.tried < fewer.of, `${clock} s, ${fewer.tried}`);
    assert.equal(fewer.images, 16);
    assert.equal(fewer.better?.candidate.name, '[0, 255]', 'the likeliest come first');
    [clock, passes] = [0, 0];
    const none = await probe(slow(2));
    assert.deepEqual([none.tried, passes], [0, 0]);
  });
});

describe('what is said of the input', () => {
  const found: FoundInputSpec = { spec, origins, assumed: ['range'], sidecar: '/models/net.m2at-model.json' };
  const clean = { accuracy: 0.9, count: 64, chance: 0.1 };
  const tried: ProbeResult = { images: 64, tried: 17, of: 17, seconds: 0.1 };
  const better: ProbeResult = {
    ...tried,
    better: {
      candidate: {
        name: '[0, 255], BGR',
        layout: 'NCHW',
        range: [0, 255],
        channelOrder: 'BGR',
        mean: [1],
        std: [2],
      },
      ...{ fit: { right: 61, loss: 0.0844 }, current: { right: 58, loss: 0.446 }, images: 64 },
    },
  };

  it('names the better convention with its numbers, its flags and its sidecar', () => {
    assert.equal(
      inputWarning(found, {}, clean, better),
      'Another convention of input is clearly better: on 64 images [0, 255], BGR gives 61 right and a mean cross-entropy of ' +
        '0.084, what is assumed ([0, 1] without mean and std) 58 and 0.446. If the network was trained like that, the ' +
        'accuracies here say nothing: give --range 0,255 --mean 1 --std 2 --channel-order BGR, or put ' +
        '{"range":[0,255],"mean":[1],"std":[2],"channelOrder":"BGR"} into net.m2at-model.json.',
    );
    const cut = inputWarning(found, {}, clean, { ...better, tried: 4 });
    assert.match(cut ?? '', /Only 4 of 17 were tried: the time was up/);
  });

  it('calls no convention wrong where none does better, and says nothing of a good accuracy', () => {
    assert.equal(inputWarning(found, {}, clean, tried), undefined);
    const text = inputWarning(found, {}, { ...clean, accuracy: 0.2 }, tried) ?? '';
    assert.match(
      text,
      /clean accuracy of 20\.0 % is low \(guessing: 10\.0 %\)\. None of 17 other conventions/,
    );
    assert.doesNotMatch(text, /wrong/);
    assert.doesNotMatch(inputWarning(found, {}, { ...clean, accuracy: 0.2 }, undefined) ?? '', /None of/);
  });

  it('never suspects a network of this program', () => {
    const low = { ...clean, accuracy: 0.28, count: 500 };
    assert.equal(inputWarning(found, { isOwn: true }, low, undefined), undefined);
    assert.ok(!isProbed(found, { isOwn: true }, low));
    assert.ok(isSuspicious(0.28, 0.1, 500), 'of any other it would be low');
  });

  it('is looked at where nothing declares the range, or the network does badly', () => {
    const from = (range: FoundInputSpec['origins']['range']): FoundInputSpec => ({
      ...found,
      origins: { ...origins, range },
    });
    assert.ok(isProbed(from('assumed'), {}, clean) && isProbed(from('graph'), {}, clean));
    for (const declared of ['flag', 'sidecar', 'metadata'] as const) {
      assert.ok(!isProbed(from(declared), {}, clean));
      assert.ok(isProbed(from(declared), {}, { ...clean, accuracy: 0.2 }));
    }
    assert.ok(
      !isSuspicious(0.55, 0.001, 1000) && isSuspicious(0.1, 0.1, 1000) && !isSuspicious(0.45, 0.1, 1000),
    );
  });

  it('takes a second, or a tenth of what an attack takes at least', () => {
    const attack = (value: object) => named(value);
    assert.equal(probeSeconds([attack({ name: 'fgsm' })], 2, 0.9), 1);
    assert.equal(
      probeSeconds([attack({ name: 'square' })], 100, 0.9),
      1,
      'nobody knows how many queries it takes',
    );
    assert.equal(probeSeconds([attack({ name: 'fgsm' }), attack({ name: 'pgd', steps: 50 })], 20, 0.5), 50);
    assert.equal(probeSeconds([attack({ name: 'apgd-ce', steps: 50 })], 20, 0.5), 10, 'the first steps only');
  });
});
