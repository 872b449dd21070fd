import assert from 'node:assert/strict';
import { attackText } from '../../../webview/text/attack-text';
import { named, requested } from '../attacks/named';

describe('attackText', () => {
  const text = (parameters: object): string => {
    const { definition } = named(parameters);
    return attackText({ definition, parameters: requested(parameters) });
  };

  it('is short where there is a usual form', () => {
    assert.equal(text({ name: 'fgsm' }), 'linf, eps 8/255');
    assert.equal(
      text({ name: 'pgd', epsilon: '8/255', stepSize: '2/255', steps: 20 }),
      'linf, eps 8/255, step 2/255, 20 steps, random start',
    );
    assert.equal(
      text({
        name: 'pgd',
        norm: 'l2',
        epsilon: 0.5,
        steps: 1,
        restarts: 3,
        randomStart: false,
        targeted: true,
      }),
      'l2, eps 0.5, 1 step, 3 restarts, no random start, targeted',
    );
  });

  it('says what an attack aims at once', () => {
    const pgd = 'linf, 20 steps, random start';
    assert.equal(text({ name: 'pgd', target: 'next', targeted: true }), `${pgd}, targeted`);
    assert.equal(text({ name: 'pgd', target: 'second', targeted: true }), `${pgd}, target second`);
    assert.equal(text({ name: 'pgd', target: 3 }), `${pgd}, target 3`);
  });

  it('names every other parameter with its value', () => {
    assert.match(text({ name: 'pgd', momentum: 0.75, eotSamples: 20 }), /momentum 0\.75, eot samples 20/);
    assert.match(text({ name: 'pgd', loss: 'cw' }), /random start, loss cw$/);
  });
});
