import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { parseExperiment } from '../../../src/core/experiment/parse-experiment';
import { runPlaces, sweepPlace } from '../../../src/extension/experiment/experiment-places';

describe('runPlaces', () => {
  it('finds the one run of a plain file and the end of its method', () => {
    const text = '{\n  "name": "one",\n  "method": { "name": "m2at" }\n}';
    assert.deepEqual(runPlaces(text), [{ recordName: 'one', offset: 0, methodEnd: text.indexOf('}') + 1 }]);
  });

  it('finds each of several runs; one without a method of its own has the shared one', () => {
    const text = '{ "name": "f", "method": {}, "runs": [{ "name": "a" }, { "name": "b", "method": { } }] }';
    const [a, b] = runPlaces(text);
    assert.ok(a);
    assert.equal(a.offset, text.indexOf('{ "name": "a"'));
    assert.equal(a.methodEnd, text.indexOf('{}') + 2);
    assert.ok(b);
    assert.equal(b.recordName, 'f: b');
    assert.equal(b.methodEnd, text.indexOf('{ } }') + 3);
  });

  it('puts up with unfinished text', () => {
    assert.deepEqual(runPlaces(''), []);
    assert.deepEqual(runPlaces('[1, 2'), []);
    assert.equal(runPlaces('{ "name": "x", "method": ').length, 1);
    assert.deepEqual(runPlaces('{ "runs": [ {'), []);
  });

  it('finds a sweep with the entries that it is laid over, in place of their runs', () => {
    const text = '{ "runs": [{ "name": "a" }, { }], "sweep": { "seeds": 2 } }';
    assert.deepEqual(runPlaces(text), []);
    const entries = [{ name: 'a', offset: text.indexOf('{ "name"') }];
    assert.deepEqual(sweepPlace(text), { offset: text.indexOf('"sweep"'), entries });
    assert.equal(sweepPlace('{ "name": "x" }'), undefined);
    assert.equal(sweepPlace('{ "sweep": ')?.entries.length, undefined);
  });

  it('names the runs of the examples as their records are named', async () => {
    const folders = ['examples', path.join('examples', 'templates')];
    let files = 0;
    for (const folder of folders) {
      for (const name of (await readdir(folder)).filter((file) => file.endsWith('.m2at.json'))) {
        files++;
        const text = await readFile(path.join(folder, name), 'utf8');
        const { runs, problems } = parseExperiment(text);
        assert.ok(runs, `${name}: ${JSON.stringify(problems)}`);
        assert.deepEqual(
          runPlaces(text).map((place) => place.recordName),
          runs.filter(({ swept }) => !swept).map(({ experiment }) => experiment.name),
        );
      }
    }
    assert.ok(files >= 5);
  });
});
