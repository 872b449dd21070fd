import assert from 'node:assert/strict';
import { OurSide } from '../../../bench/our-side';
import { flopsOf } from '../../../bench/profile/flops';
import { ProfiledSessions } from '../../../bench/profile/profiled-sessions';
import { summarize, type StepProfile } from '../../../bench/profile/summarize';
import { openDevice } from '../../../src/core/engine/devices/devices';

const node = { node: '', microseconds: 0 };

describe('flopsOf', () => {
  it('counts two operations for each product of a convolution, a matrix product and a transposed one', () => {
    const conv = {
      ...node,
      op: 'Conv',
      inputs: [
        [2, 3, 8, 8],
        [16, 3, 5, 5],
      ],
      outputs: [[2, 16, 8, 8]],
    };
    assert.equal(flopsOf(conv), 2 * (2 * 16 * 64) * (3 * 25));
    const inputs = [
      [4, 5],
      [5, 6],
    ];
    assert.equal(flopsOf({ ...node, op: 'MatMul', inputs, outputs: [[4, 6]] }), 240);
    const transposed = [
      [5, 4],
      [5, 6],
    ];
    assert.equal(flopsOf({ ...node, op: 'Gemm', inputs: transposed, outputs: [[4, 6]] }), 240);
    assert.equal(flopsOf({ ...node, op: 'Add', inputs, outputs: [[4, 5]] }), 0);
  });
});

describe('the profile of an M2AT step', () => {
  let profile: StepProfile;

  before(async () => {
    const device = await openDevice('onnx-cpu', { threads: 1 });
    const sessions = await ProfiledSessions.open();
    try {
      // Sizes that no other test has: a session that is there already would not be profiled.
      const ours = new OurSide(device, { name: 'small-cnn', widths: [5, 6, 7, 9], hidden: 11 }, 3);
      await ours.time('m2at-step');
      sessions.skip();
      const times = [await ours.time('m2at-step'), await ours.time('m2at-step')];
      profile = summarize(await sessions.read(), times);
      await ours.dispose();
    } finally {
      await sessions.dispose();
      await device.dispose();
    }
  });

  const share = (key: string): StepProfile['roles'][number] => {
    const found = profile.roles.find((role) => role.key === key);
    assert.ok(found, `no ${key} among ${profile.roles.map((role) => role.key).join('; ')}`);
    return found;
  };

  it('finds every part of the step', () => {
    for (const role of [
      'batch norm, forward',
      'batch norm, gradient',
      'pooling',
      'dense layers',
      'attack update',
      'SGD update',
    ])
      assert.ok(share(role).count > 0, role);
  });

  it('counts the convolutions of eleven passes, ten of them in the loop of the attack', () => {
    const { count, flops } = share('convolution, forward');
    assert.ok(count >= 44, `${count} forward convolutions`);
    assert.ok(flops > 0);
    assert.ok(share('convolution, input gradient').count >= 43);
    assert.ok(share('convolution, filter gradient (products)').count >= 4);
  });

  it('adds up to the time of the step', () => {
    const sum = profile.roles.reduce((total, { ms }) => total + ms, 0);
    assert.ok(Math.abs(sum / profile.stepMs - 1) < 1e-6);
    assert.ok(profile.runsMs < profile.stepMs);
    const byOp = profile.ops.reduce((total, { ms }) => total + ms, 0);
    assert.ok(byOp > 0 && byOp < profile.runsMs);
  });
});
