import assert from 'node:assert/strict';
import { RowPace } from '../../../src/core/training/row-pace';

describe('the pace of rows', () => {
  const now = performance.now.bind(performance);
  let clock = 0;
  before(() => {
    performance.now = () => clock;
  });
  after(() => {
    performance.now = now;
  });

  /** What is told of a step that took so many milliseconds. */
  const step = (pace: RowPace, milliseconds: number, always = false): number | undefined => {
    clock += milliseconds;
    return pace.next(milliseconds / 1000, always)?.imagesPerSecond;
  };

  it('is ten a second, each with the images a second since the one before', () => {
    const pace = new RowPace(32);
    assert.equal(step(pace, 40), 32 / 0.04, 'the first is told');
    assert.equal(step(pace, 40), undefined);
    assert.equal(step(pace, 40), undefined);
    assert.equal(step(pace, 40), (3 * 32) / 0.12);
    assert.equal(step(pace, 99), undefined);
    assert.equal(step(pace, 1), (2 * 32) / 0.1);
  });

  it('tells of a step in any case, and counts on from there', () => {
    const pace = new RowPace(8);
    step(pace, 10);
    assert.equal(step(pace, 10, true), 8 / 0.01);
    assert.equal(step(pace, 95), undefined);
    assert.equal(step(pace, 5), 16 / 0.1);
    assert.equal(step(new RowPace(8), 0), 0, 'of no time');
  });
});
