import assert from 'node:assert/strict';
import { lineOf, M2atError } from '../../src/core/errors';

describe('an error', () => {
  it('has a message whose line breaks are its own', () => {
    const error = new M2atError('bad-input', 'layer "a\nb\x1b[2J" is odd', {
      where: '/x\r\u202ey',
      lines: ['first\n', 'second'],
      hint: 'Rename\x9b it.',
    });
    const shown = '/x\\r\\u202ey: layer "a\\nb\\x1b[2J" is odd\n  first\\n\n  second\nRename\\x9b it.';
    assert.equal(error.message, shown);
    assert.equal(lineOf(error), shown.split(/\n */).join(' '));
    // What it is made from stays as it was, and becomes the same message on the other side of a boundary.
    const { code, what, where = '', lines, hint = '' } = error;
    assert.equal(new M2atError(code, what, { where, lines, hint }).message, shown);
  });
});
