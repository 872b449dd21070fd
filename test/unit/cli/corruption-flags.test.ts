import assert from 'node:assert/strict';
import path from 'node:path';
import { requestedAttacks } from '../../../src/cli/commands/attack-flags';
import {
  corruptionList,
  requestedCorruptions,
  severityList,
} from '../../../src/cli/commands/corruption-flags';
import { attacks } from '../../../src/core/attacks';

describe('flags of corruptions', () => {
  it('choose corruptions, severities and a folder', () => {
    assert.equal(requestedCorruptions({}), undefined);
    assert.deepEqual(requestedCorruptions({ corruptions: corruptionList('fog, snow,fog') }), {
      names: ['fog', 'snow'],
      severities: [1, 2, 3, 4, 5],
    });
    const all = requestedCorruptions({ corruptions: corruptionList('all'), severity: severityList('2-4,1') });
    assert.equal(all?.names.length, 15);
    assert.deepEqual(all.severities, [1, 2, 3, 4]);
    const { folder } = requestedCorruptions({ corruptions: ['fog'], corruptionsFolder: 'sets/c' }) ?? {};
    assert.equal(folder, path.resolve('sets/c'));
  });

  it('are refused with what there is', () => {
    assert.throws(
      () => corruptionList('fgo'),
      /"fgo" is none of: all, gaussian_noise, .* Did you mean fog\?/,
    );
    for (const text of ['0', '6', '4-2', '1-9', 'x', '', '1,', '1.5']) {
      assert.throws(() => severityList(text), /is no severity; expected 1 to 5/);
    }
    assert.throws(
      () => requestedCorruptions({ severity: [1] }),
      /--severity is about corruptions, and none are/,
    );
    assert.throws(
      () => requestedCorruptions({ corruptionsFolder: 'x' }),
      /--corruptions-folder is about corruptions/,
    );
  });

  it('leave attacks out unless they are named', () => {
    const corruptions = ['fog'];
    assert.deepEqual(requestedAttacks(attacks, { corruptions }), []);
    const named = requestedAttacks(attacks, { corruptions, attack: ['pgd'], eps: '4/255' });
    assert.deepEqual(
      named.map(({ name }) => name),
      ['pgd'],
    );
    assert.throws(
      () => requestedAttacks(attacks, { corruptions, eps: '4/255' }),
      /epsilon is about attacks, and none/,
    );
  });
});
