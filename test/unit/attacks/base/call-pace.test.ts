import assert from 'node:assert/strict';
import { CallPace } from '../../../../src/core/attacks/base/call-pace';

describe('the pace of calls', () => {
  const now = performance.now.bind(performance);
  let seconds = 0;
  before(() => {
    performance.now = () => 1000 * seconds;
  });
  after(() => {
    performance.now = now;
  });

  const taking = (duration: number) => (): Promise<string> => {
    seconds += duration;
    return Promise.resolve('result');
  };

  it('is one step at first, and then as many as the latest call lets expect in two seconds', async () => {
    const pace = new CallPace({});
    assert.equal(pace.affordable(10), 1);
    assert.equal(await pace.timed(1 * 10, taking(0.25)), 'result');
    assert.equal(pace.affordable(10), 8);
    assert.equal(pace.affordable(40), 2);
    assert.equal(pace.affordable(1000), 1, 'never less than one');
    await pace.timed(4 * 10, taking(4));
    assert.equal(pace.affordable(10), 2);
  });

  it('is not that of a device that only plans', async () => {
    const pace = new CallPace({ planning: true });
    await pace.timed(10, taking(0.001));
    assert.equal(pace.affordable(10), 1);
  });
});
