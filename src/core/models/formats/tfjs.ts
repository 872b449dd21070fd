import { isGraphModel } from '../is-graph-model';
import { readModelJson } from '../model-json';
import { defineFormat, type FormatDefinition, type ModelFiles } from './define-format';

const files: ModelFiles = {
  pattern: 'model.json',
  family: 'TF.js',
  one: 'a TF.js model.json, a folder that holds one',
  several: 'TF.js model.json files, folders that hold one',
  offered: 'a model.json',
  listed: 'the model.json of a TF.js layers or graph model',
};

const FORMAT = /"format"\s*:\s*"(layers-model|graph-model|onnx-network)"/;
const TOPOLOGY = /"modelTopology"\s*:/;
/** A graph model without a format: its topology is a GraphDef, with any of its fields first. */
const GRAPH_DEF = /"modelTopology"\s*:\s*\{\s*"(?:node|library|versions)"\s*:/;

/** A model names its format or topology before the layers, which may be megabytes. */
function kindOf(head: Uint8Array): string | undefined {
  const text = Buffer.from(head).toString('utf8');
  const format = FORMAT.exec(text)?.[1];
  if (format !== undefined) return format;
  if (GRAPH_DEF.test(text)) return 'graph-model';
  return TOPOLOGY.test(text) ? 'layers-model' : undefined;
}

/** The whole content decides: what tells may come behind the first bytes. */
const open: FormatDefinition['open'] = async (modelFile, options) => {
  const json = await readModelJson(modelFile);
  if (isGraphModel(json)) {
    const { readGraphModel } = await import('../graph-model/load-graph-model');
    return { model: await readGraphModel(json, modelFile, options) };
  }
  const { readNetwork } = await import('../trained/network-file');
  const { asImportedModel } = await import('../layers-model/import-layers-model');
  return { model: asImportedModel(await readNetwork(json, modelFile), options.outputName) };
};

export const layersModel = defineFormat({
  ...{ id: 'layers-model', title: 'TF.js layers model', files, open },
  sniff: (head) => kindOf(head) === 'layers-model',
});

export const graphModel = defineFormat({
  ...{ id: 'graph-model', title: 'TF.js graph model', files, open },
  sniff: (head) => kindOf(head) === 'graph-model',
});

/** Of a training that began with an ONNX file, which lies beside it. */
export const onnxNetwork = defineFormat({
  ...{ id: 'onnx-network', title: 'ONNX checkpoint', files, open },
  sniff: (head) => kindOf(head) === 'onnx-network',
});
