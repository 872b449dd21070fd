import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import { openDevice } from '../../../src/core/engine/devices/devices';
import type { RunEvent } from '../../../src/core/records/run-event';
import { trainRun } from '../../../src/core/training/train-run';
import { temporaryRoot, tinyDataset, tinyExperiment } from './tiny-task';

describe('what attacks say of the network that is evaluated', () => {
  it('is in the log of a training, once', async () => {
    const [root, device] = [await temporaryRoot(), await openDevice('onnx-cpu', { threads: 1 })];
    const attack = { name: 'apgd-t', epsilon: '64/255', steps: 2 };
    const attacks = [attack, { ...attack, epsilon: '32/255' }];
    const events: RunEvent[] = [];
    await trainRun({
      experiment: tinyExperiment({
        method: { name: 'standard' },
        training: { epochs: 1, batchSize: 20 },
        evaluation: { during: { count: 3, attacks: [attack] }, final: { count: 3, attacks } },
        samples: { count: 0 },
      }),
      root,
      signal: new AbortController().signal,
      onEvent: (_, event) => events.push(event),
      resources: { dataset: tinyDataset(), device },
    });
    const notes = events.flatMap((event) =>
      event.type === 'log' && event.level === 'warn' && event.text.includes('loss needs') ? [event.text] : [],
    );
    const note = 'The dlr-targeted loss needs 4 classes and the network has 3: the attack used';
    assert.equal(notes.length, 2, notes.join('\n'));
    for (const [n, epsilon] of ['64/255', '32/255'].entries()) {
      assert.ok(notes[n]?.startsWith(`apgd-t linf ${epsilon}, 2 steps: ${note}`), notes[n]);
    }
    await device.dispose();
    await rm(root, { recursive: true });
  });
});
