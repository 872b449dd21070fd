import assert from 'node:assert/strict';
import { neighbour } from '../../../webview/pictures/neighbour';

describe('webview: neighbours among the rows that are shown', () => {
  it('skips what is filtered out, and stops at the ends', () => {
    assert.equal(neighbour([1, 4, 7], 4, 1), 7);
    assert.equal(neighbour([1, 4, 7], 4, -1), 1);
    assert.equal(neighbour([1, 4, 7], 7, 1), undefined);
    assert.equal(neighbour([1, 4, 7], 1, -1), undefined);
  });

  it('goes on from a row that is not shown any more', () => {
    assert.equal(neighbour([1, 4, 7], 5, 1), 7);
    assert.equal(neighbour([1, 4, 7], 5, -1), 4);
    assert.equal(neighbour([], 5, 0), 5);
  });

  it('follows the order of a list that is sorted otherwise', () => {
    assert.equal(neighbour([7, 1, 4], 1, 1), 4);
    assert.equal(neighbour([7, 1, 4], 1, -1), 7);
    assert.equal(neighbour([7, 1, 4], 4, 1), undefined);
    assert.equal(neighbour([7, 1, 4], 5, 1), 7);
  });
});
