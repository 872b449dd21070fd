import assert from 'node:assert/strict';
import { compareRuns } from '../../../src/extension/runs/compare-runs';
import { newRunState, type HostRunState } from '../../../src/extension/runs/run-state';
import { evaluationRow, runRecord } from '../webview/rows';

describe('a job of several training runs', () => {
  const record = (name: string, kind: 'train' | 'attack' = 'train') =>
    runRecord({ id: name, name, kind, status: 'done' });
  const load = (id: string): Promise<HostRunState | undefined> => {
    const state = newRunState(record(id));
    state.rows.append(evaluationRow(10, { cleanAccuracy: 0.1 }));
    if (id !== 'unfinished') state.rows.append(evaluationRow(10, { final: true, cleanAccuracy: 0.625 }));
    return Promise.resolve(id === 'gone' ? undefined : state);
  };

  it('ends with the table of the command line, of the final evaluations', async () => {
    const text = await compareRuns(
      { load },
      ['first', 'unfinished', 'gone'].map((name) => record(name)),
    );
    assert.match(text, /^first +62\.5 %/m);
    assert.match(text, /^unfinished +done$/m);
    assert.match(text, /^gone +done$/m);
  });

  it('has none of a single run, nor of attacks', async () => {
    assert.equal(await compareRuns({ load }, [record('first')]), '');
    assert.equal(await compareRuns({ load }, [record('a', 'attack'), record('b', 'attack')]), '');
  });
});
