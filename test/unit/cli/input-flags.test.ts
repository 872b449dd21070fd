import assert from 'node:assert/strict';
import { Command } from 'commander';
import { attackCommand } from '../../../src/cli/commands/attack';
import { addInputFlags, inputGiven, type InputFlags } from '../../../src/cli/commands/input-flags';
import { M2atError } from '../../../src/core/errors';
import { builtIn } from '../../../src/core/registry/registry';

describe('flags of the input of a network', () => {
  const parse = (...args: string[]): InputFlags =>
    addInputFlags(new Command('attack').exitOverride().configureOutput({ writeErr: () => undefined }))
      .parse(args, { from: 'user' })
      .opts<InputFlags>();

  it('say what a sidecar would say', () => {
    const flags = parse(
      ...['--range', '-1,1', '--mean', '0.5, 0.4, 0.3', '--std', '[0.2]', '--layout', 'NCHW'],
      ...['--channel-order', 'BGR', '--output-name', 'logits', '--outputs', 'probabilities', '--no-probe'],
    );
    assert.deepEqual(inputGiven(flags), {
      range: [-1, 1],
      mean: [0.5, 0.4, 0.3],
      std: [0.2],
      layout: 'NCHW',
      channelOrder: 'BGR',
      outputName: 'logits',
      outputs: 'probabilities',
    });
    assert.equal(flags.probe, false);
    assert.equal(inputGiven(parse()), undefined);
    assert.equal(parse().probe, true);
  });

  for (const [flag, value, message] of [
    ['--range', '1,0', /two numbers, the smaller first/],
    ['--range', '255', /0,255/],
    ['--mean', 'x', /0\.485,0\.456,0\.406/],
    ['--std', '0', /0\.229/],
    ['--layout', 'HWCN', /NHWC, NCHW/],
    ['--outputs', 'labels', /logits, probabilities/],
  ] as const) {
    it(`${flag} ${value} is refused`, () => {
      assert.throws(() => parse(flag, value), message);
    });
  }

  it('--output-name with a control character is refused', () => {
    assert.throws(
      () => inputGiven(parse('--output-name', 'a\u001b[2J')),
      (error) =>
        error instanceof M2atError &&
        error.message === `--output-name: ${error.what}` &&
        error.what.includes('must not hold control or invisible characters'),
    );
  });

  it('--save-input needs something to save', () => {
    assert.throws(
      () => inputGiven(parse('--save-input')),
      (error) =>
        error instanceof M2atError && error.code === 'bad-input' && error.what.includes('nothing to save'),
    );
  });

  it('--help names the sidecar', () => {
    let help = '';
    attackCommand(builtIn)
      .configureOutput({ writeOut: (text) => (help += text) })
      .outputHelp();
    assert.match(help, /net\.m2at-model\.json beside net\.onnx/);
    assert.match(help, /--save-input/);
  });
});
