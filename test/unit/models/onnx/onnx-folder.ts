import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import * as tf from '@tensorflow/tfjs';
import type { onnx } from 'onnx-proto';
import { currentBackend } from '../../../../src/core/engine/arrays/current-backend';
import { M2atError, type ErrorCode } from '../../../../src/core/errors';
import { loadOnnxModel } from '../../../../src/core/models/onnx/load-onnx-model';
import { noise } from '../../engine/engine-fixture';
import { encode, floats, modelProto, type ModelOf } from './build-model';

/** Logits of a small network: pooled channels times a matrix. */
export const small: ModelOf = {
  opset: 13,
  input: ['n', 3, 6, 6],
  nodes: [
    { op: 'Conv', inputs: ['x', 'k'], outputs: ['c'], name: '/features/conv' },
    { op: 'GlobalAveragePool', inputs: ['c'], outputs: ['p'] },
    { op: 'Flatten', inputs: ['p'], outputs: ['f'] },
    { op: 'Gemm', inputs: ['f', 'w', 'b'], outputs: ['logits'] },
  ],
  tensors: [floats('k', noise([4, 3, 3, 3])), floats('w', noise([4, 5])), floats('b', noise([5]))],
  outputs: [{ name: 'logits', shape: ['n', 5] }],
};

/** A model file in a folder of its own, inside a folder that is gone after the test. */
export interface OnnxFolder {
  /** Around the model's own folder. */
  readonly folder: string;
  readonly file: string;
  write(model: ModelOf | onnx.IModelProto): Promise<void>;
  /** Loading the file, or a forward pass if `use`, gives this error, which names the place. */
  refused(code: ErrorCode, message: RegExp, use?: boolean): Promise<void>;
}

/** Makes the folder before each test of the suite that is being described. */
export function onnxFolder(): OnnxFolder {
  let folder = '';
  let file = '';
  before(() => {
    currentBackend();
  });
  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'm2at-onnx-'));
    await mkdir(path.join(folder, 'model'));
    file = path.join(folder, 'model', 'model.onnx');
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));
  async function refused(code: ErrorCode, message: RegExp, use = true): Promise<void> {
    await assert.rejects(
      async () => {
        const model = await loadOnnxModel(file);
        try {
          if (use) tf.tidy(() => model.forward(tf.zeros([2, 3, 6, 6])).dataSync());
        } finally {
          model.dispose();
        }
      },
      (error) => {
        assert.ok(error instanceof M2atError, String(error));
        assert.equal(error.code, code, error.message);
        assert.match(error.message, message);
        assert.ok(error.where?.includes(path.join(folder, 'model')), error.message);
        return true;
      },
    );
  }

  return {
    get folder() {
      return folder;
    },
    get file() {
      return file;
    },
    write: (model) => writeFile(file, encode('nodes' in model ? modelProto(model) : model)),
    refused,
  };
}
