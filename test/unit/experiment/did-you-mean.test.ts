import assert from 'node:assert/strict';
import { didYouMean } from '../../../src/core/experiment/did-you-mean';

const keys = ['name', 'epsilon', 'stepSize', 'steps', 'randomStart', 'attackBatchNorm', 'seed'];

describe('didYouMean', () => {
  for (const [word, meant] of [
    ['epsilonn', 'epsilon'],
    ['espilon', 'epsilon'],
    ['Epsilon', 'epsilon'],
    ['step_size', 'stepSize'],
    ['setps', 'steps'],
    ['step', 'steps'],
    ['stepsize', 'stepSize'],
    ['nmae', 'name'],
    ['randomStrat', 'randomStart'],
    ['attackBachNorm', 'attackBatchNorm'],
    // Neither far words nor the word itself.
    ['learningRate', undefined],
    ['mask', undefined],
    ['x', undefined],
    ['steps', undefined],
  ] as const) {
    it(`${word}: ${meant ?? 'nothing'}`, () => {
      const others = word === 'steps' ? ['steps', 'mask'] : keys;
      assert.equal(didYouMean(word, others), meant);
    });
  }

  it('takes the first of those that are as near', () => {
    assert.equal(didYouMean('cells', ['cell1', 'cell2']), 'cell1');
  });
});
