import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { onnx } from 'onnx-proto';
import os from 'node:os';
import path from 'node:path';
import { formats } from '../../../src/core/models/formats';
import { sniffFormat } from '../../../src/core/models/formats/find-format';
import { whyNoCheckpoint } from '../../../src/extension/checkpoint/why-no-checkpoint';

describe('sniffFormat', () => {
  let folder = '';
  before(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), 'm2at-sniff-'));
  });
  after(() => rm(folder, { recursive: true, force: true }));

  const kindOf = async (name: string, content: string | Uint8Array): Promise<string | undefined> => {
    const file = path.join(folder, name);
    await writeFile(file, content);
    return (await sniffFormat(formats, file))?.id;
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
    assert.equal(await sniffFormat(formats, path.join(folder, 'none.json')), undefined);
    await mkdir(path.join(folder, 'folder.json'));
    assert.equal(await sniffFormat(formats, path.join(folder, 'folder.json')), undefined);
  });

  it('says why a file is no checkpoint, and what to do', async () => {
    const why = async (name: string, content?: string): Promise<string> => {
      const file = path.join(folder, name);
      if (content !== undefined) await writeFile(file, content);
      return whyNoCheckpoint(formats, file, name);
    };
    assert.match(await why('gone.onnx'), /^gone\.onnx is not there any more\./);
    assert.match(
      await why('text.onnx', 'text'),
      /^text\.onnx is no ONNX model: .* What works: the model\.json/,
    );
    assert.match(await why('net.pth', 'x'), /^net\.pth is no checkpoint\. Export .* torch\.onnx\.export\.$/);
    assert.match(await why('net.keras', 'x'), /tensorflowjs_converter/);
    assert.match(await why('settings.json', '{}'), /^settings\.json is no checkpoint\. What works: /);
  });
});
