import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { onnx } from 'onnx-proto';
import os from 'node:os';
import path from 'node:path';
import { sniffCheckpoint, whyNotAttackable } from '../../../src/extension/checkpoint/sniff-checkpoint';

describe('sniffCheckpoint', () => {
  let folder = '';
  before(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), 'm2at-sniff-'));
  });
  after(() => rm(folder, { recursive: true, force: true }));

  const kindOf = async (name: string, content: string | Uint8Array): Promise<string | undefined> => {
    const file = path.join(folder, name);
    await writeFile(file, content);
    return sniffCheckpoint(file);
  };

  it('knows a TF.js model by its content', async () => {
    const layers = '{"modelTopology":{"class_name":"Sequential"},"weightsManifest":[]}';
    assert.equal(await kindOf('model.json', layers), 'layers-model');
    assert.equal(await kindOf('model.json', '{"format":"layers-model","modelTopology":{}}'), 'layers-model');
    assert.equal(await kindOf('other.json', '{ "format": "graph-model" }'), 'graph-model');
    assert.equal(await kindOf('old.json', '{"modelTopology": {"node": []}}'), 'graph-model');
    assert.equal(await kindOf('model.json', '{"name":"package"}'), undefined);
    assert.equal(await kindOf('empty.json', ''), undefined);
  });

  it('knows an ONNX model by its content, whichever field comes second', async () => {
    const graph = new onnx.GraphProto({ name: 'g' });
    const bare = onnx.ModelProto.encode({ irVersion: 9, graph }).finish();
    const signed = onnx.ModelProto.encode({ irVersion: 9, producerName: 'pytorch', graph }).finish();
    assert.equal(await kindOf('a.onnx', bare), 'onnx');
    assert.equal(await kindOf('b.onnx', signed), 'onnx');
    assert.equal(await kindOf('c.onnx', 'not a model'), undefined);
    assert.equal(await kindOf('d.onnx', ''), undefined);
  });

  it('says no to other names, folders and files that are not there', async () => {
    assert.equal(await kindOf('model.txt', '{"modelTopology":{}}'), undefined);
    assert.equal(await sniffCheckpoint(path.join(folder, 'none.json')), undefined);
    await mkdir(path.join(folder, 'folder.json'));
    assert.equal(await sniffCheckpoint(path.join(folder, 'folder.json')), undefined);
  });

  it('says what can be attacked, and what a file is that can not', () => {
    assert.equal(whyNotAttackable('layers-model', 'a'), undefined);
    assert.match(
      whyNotAttackable('graph-model', 'a/model.json') ?? '',
      /^a\/model\.json is a TF\.js graph model\./,
    );
    assert.match(whyNotAttackable('onnx', 'a.onnx') ?? '', /^a\.onnx is an ONNX model\./);
    assert.match(whyNotAttackable(undefined, 'a.json') ?? '', /^a\.json is no checkpoint/);
  });
});
