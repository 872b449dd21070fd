import assert from 'node:assert/strict';
import { numbersOf } from '../../../src/core/models/number-list';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import {
  answerProblem,
  classNamesOf,
  inputChoices,
  outputChoices,
  rememberAnswers,
} from '../../../src/extension/attack/input-answers';
import type { ModelInspection } from '../../../src/protocol/worker-protocol';

const spec: ModelInspection['spec'] = {
  layout: 'NCHW',
  height: 32,
  width: 32,
  channels: 3,
  range: [0, 1],
  channelOrder: 'RGB',
  outputs: 'logits',
};

describe('answers about the input of a model', () => {
  it('offer what frameworks do, what stands in so far first', () => {
    const choices = inputChoices({ spec });
    assert.deepEqual(choices[0]?.answers, { range: [0, 1], channelOrder: 'RGB' });
    assert.ok(choices.some(({ answers }) => answers.channelOrder === 'BGR'));
    assert.ok(choices.some(({ answers }) => answers.mean?.[0] === 0.485 && answers.std?.[0] === 0.229));
    for (const { label, answers } of choices)
      assert.equal(answerProblem(answers, { spec }), undefined, label);
  });

  it('offer a gray network no colours, and one whose mean is known only ranges', () => {
    const gray = inputChoices({ spec: { ...spec, channels: 1 } });
    assert.deepEqual(
      gray.map(({ label }) => label),
      ['[0, 1]', '[0, 255]', '[-1, 1]', "[0, 1] with MNIST's mean and std"],
    );
    const known = inputChoices({ spec: { ...spec, mean: [0.5], std: [0.25] } });
    assert.deepEqual(
      known.map(({ answers }) => answers),
      [{ range: [0, 1] }, { range: [0, 255] }, { range: [-1, 1] }],
    );
    assert.match(known[0]?.description ?? '', /mean 0.5, std 0.25/);
  });

  it('offer the outputs of a network that has several, the likeliest first, unless the sidecar names one', () => {
    const outputs = [
      { name: 'embedding', shape: [null, 128] },
      { name: 'logits', shape: [null, 10] },
    ];
    const several = { outputs, spec: { ...spec, outputName: 'logits' }, assumed: ['outputName'] };
    assert.deepEqual(outputChoices(several), [
      { label: 'logits', description: '[N, 10], likeliest', answers: { outputName: 'logits' } },
      { label: 'embedding', description: '[N, 128]', answers: { outputName: 'embedding' } },
    ]);
    assert.deepEqual(outputChoices({ ...several, assumed: [] }), []);
    assert.deepEqual(outputChoices({ ...several, outputs: outputs.slice(1) }), []);
  });

  it('are checked as they are typed', () => {
    assert.deepEqual(numbersOf(' 0.5, 0.5;0.5 '), [0.5, 0.5, 0.5]);
    assert.equal(numbersOf('a, b'), undefined);
    assert.equal(numbersOf(''), undefined);
    assert.match(answerProblem({ range: [1, 0] }, { spec }) ?? '', /must grow/);
    assert.match(answerProblem({ mean: [1, 2] }, { spec }) ?? '', /each of the 3 channels/);
    assert.ok(answerProblem({ std: [0] }, { spec }));
    assert.ok(answerProblem({ range: 'x' }, { spec }));
    assert.deepEqual(classNamesOf('["a", "b"]'), ['a', 'b']);
    assert.deepEqual(classNamesOf('cat\r\n\n dog \n'), ['cat', 'dog']);
    assert.equal(classNamesOf('{"a": 1}'), undefined);
  });

  describe('in the sidecar', () => {
    let folder = '';
    beforeEach(async () => {
      folder = await mkdtemp(path.join(os.tmpdir(), 'm2at-answers-'));
    });
    afterEach(() => rm(folder, { recursive: true, force: true }));

    it('are added, and change nothing that somebody wrote', async () => {
      const file = path.join(folder, 'net.onnx');
      const sidecar = path.join(folder, 'net.m2at-model.json');
      const told = '{ "mean": [0.1], "classNames": ["a", "b"] }';
      await writeFile(sidecar, told);
      await rememberAnswers({ modelFile: file, sidecar }, { mean: [0.5] });
      assert.equal(await readFile(sidecar, 'utf8'), told, 'not even its spaces');
      await rememberAnswers({ modelFile: file, sidecar }, { mean: [0.5], range: [0, 255] });
      assert.deepEqual(JSON.parse(await readFile(sidecar, 'utf8')), {
        mean: [0.1],
        classNames: ['a', 'b'],
        range: [0, 255],
      });
    });

    it('make no file where there is nothing to remember', async () => {
      const file = path.join(folder, 'net.onnx');
      await rememberAnswers({ modelFile: file, sidecar: path.join(folder, 'net.m2at-model.json') }, {});
      assert.deepEqual(await readdir(folder), []);
    });
  });
});
