import assert from 'node:assert/strict';
import { createProgram } from '../../../src/cli/program';
import { M2atError } from '../../../src/core/errors';
import { builtIn } from '../../../src/core/registry/registry';

describe('what m2at train is told to do', () => {
  async function refused(...flags: string[]): Promise<string> {
    try {
      await createProgram(builtIn).parseAsync(['train', ...flags], { from: 'user' });
    } catch (error) {
      assert.ok(error instanceof M2atError, String(error));
      assert.equal(error.code, 'bad-input');
      return error.message;
    }
    return assert.fail('it was taken');
  }

  it('is one thing', async () => {
    const one = /name either an experiment file, --like <run> or --resume <id>/;
    assert.match(await refused(), one);
    assert.match(await refused('a.m2at.json', '--like', 'run'), one);
    assert.match(await refused('--resume', 'run', '--like', 'run'), one);
    assert.match(await refused('--resume', 'run', '--set', 'seed=1'), /m2at train --like run --set/);
    assert.match(await refused('--like', 'run', '--run', 'a'), /--run picks runs of an experiment file/);
    assert.match(await refused('--like', '../run'), /is no name of a run/);
    assert.match(await refused('--like', '2026-01-01-000000-m2at-0000'), /there is no run/);
  });
});
