import assert from 'node:assert/strict';
import { parseStoredState } from '../../../webview/state/stored-state';
import { attackRecord, madeGallery, madeReport } from '../../support/attack-run';

describe('webview: the state inside a page', () => {
  const report = madeReport();
  const gallery = madeGallery(report, 1);
  const state = {
    type: 'state',
    record: attackRecord,
    rows: [],
    report,
    galleries: [{ grid: gallery.grid, png: Buffer.from(gallery.png).toString('base64') }],
    live: false,
    paused: false,
    checkpoint: false,
    trusted: false,
  };

  it('is a message with its pictures as bytes', () => {
    const message = parseStoredState(JSON.stringify(state));
    assert.ok(message.type === 'state');
    assert.deepEqual(message.report, report);
    assert.deepEqual(message.galleries?.[0]?.grid, gallery.grid);
    assert.deepEqual([...message.galleries[0].png], [...gallery.png]);
  });

  it('is refused with a reason when it is anything else', () => {
    const [first] = state.galleries;
    const wrong: [unknown, RegExp][] = [
      [{ ...state, galleries: [{ ...first, png: '§' }] }, /base64/],
      [{ ...state, galleries: [{ ...first, png: 3 }] }, /png/],
      [{ ...state, report: { ...report, count: 'many' } }, /count/],
      [{ type: 'rows', rows: [] }, /state/],
    ];
    for (const [value, reason] of wrong) {
      assert.throws(() => parseStoredState(JSON.stringify(value)), reason);
    }
    assert.throws(() => parseStoredState(''));
  });
});
