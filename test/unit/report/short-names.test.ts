import assert from 'node:assert/strict';
import { shortNames } from '../../../src/core/report/short-names';

describe('short names of files', () => {
  const cases: readonly [string, readonly string[], readonly string[]][] = [
    ['are those of the files where these differ', ['/nets/a.onnx', '/nets/b.onnx'], ['a.onnx', 'b.onnx']],
    ['have as many folders as tell them apart', ['/a/x/n.onnx', '/b/x/n.onnx'], ['a/x/n.onnx', 'b/x/n.onnx']],
    ['have a folder before model.json', ['/nets/one/model.json'], ['one/model.json']],
    [
      'have one in Windows paths, too',
      ['C:\\nets\\one\\model.json', 'C:\\nets\\two\\n.onnx'],
      ['one/model.json', 'two/n.onnx'],
    ],
    ['are the paths where there is no more of them', ['model.json'], ['model.json']],
  ];
  for (const [what, files, names] of cases) {
    it(what, () => {
      assert.deepEqual(
        [...shortNames(files)],
        files.map((file, n) => [file, names[n]]),
      );
    });
  }
});
