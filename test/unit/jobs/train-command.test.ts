import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { settingGiven } from '../../../src/cli/commands/setting-flag';
import { settingText, settingValue } from '../../../src/core/experiment/setting-text';
import { trainCommand, type WhatToTrain } from '../../../src/core/jobs/train-command';
import { commandText } from '../../../src/core/shell-words';

describe('the command that does a run again', () => {
  const root = path.resolve('/work space');
  const command = (rest: Partial<WhatToTrain>, run?: string): string[] =>
    trainCommand({ root, ...rest }, run);

  it('names the file from the root, where it is in it, and what was laid over it', () => {
    const file = path.join(root, 'a', 'b.m2at.json');
    assert.deepEqual(command({ file }), ['train', path.join('a', 'b.m2at.json')]);
    assert.deepEqual(command({ file: path.resolve('/else/b.m2at.json') }), [
      'train',
      path.resolve('/else/b.m2at.json'),
    ]);
    assert.deepEqual(command({ file: path.join(root, '-b.m2at.json') }), ['train', './-b.m2at.json']);
    assert.deepEqual(
      command(
        {
          file,
          set: { 'method.epsilon': '4/255' },
          overrides: { device: 'onnx-cpu', threads: 2 },
          ignoreMemory: true,
        },
        '-x',
      ),
      [
        ...['train', path.join('a', 'b.m2at.json'), '--run=-x', '--set', 'method.epsilon=4/255'],
        ...['--device', 'onnx-cpu', '--threads', '2', '--ignore-memory'],
      ],
    );
    assert.deepEqual(command({ like: { run: 'r', set: { name: '3', seed: 4 } } }), [
      ...['train', '--like', 'r', '--set', 'name="3"', '--set', 'seed=4'],
    ]);
  });

  it('says values as they are read again', () => {
    const values = [
      '4/255',
      '3',
      'true',
      'null',
      '"x"',
      '',
      ' a ',
      "it's",
      'a\nb',
      3,
      -0.5,
      1e-9,
      true,
      null,
      [1, '2'],
      { name: 'x' },
    ];
    for (const value of values) {
      assert.deepEqual(settingValue(settingText(value)), value, JSON.stringify(value));
      assert.deepEqual(settingGiven(`a.b=${settingText(value)}`), { 'a.b': value });
    }
    assert.equal(settingText('4/255'), '4/255');
  });

  it('comes out of a shell as it went in', async function () {
    if (process.platform === 'win32') this.skip();
    const words = [
      ...[
        'train',
        'plain-1.2/a_b:c,d%e+f@g',
        'with space',
        "it's",
        '"quoted"',
        '$HOME',
        '`id`',
        '$(id)',
        '\\',
        '\\n',
        '*',
        '?',
        '~',
      ],
      ...[
        'a;b',
        'a&b',
        'a|b',
        '<a',
        '>a',
        '#a',
        '!a',
        '{a,b}',
        '[a]',
        '=a',
        'a=b',
        '',
        '-x',
        'é',
        '\u{1F600}',
        "'''",
        'a\tb',
      ],
    ];
    const script = `m2at() { for word; do printf '%s\\0' "$word"; done; }; ${commandText(words)}`;
    const { stdout } = await promisify(execFile)('sh', ['-c', script]);
    assert.deepEqual(stdout.split('\0').slice(0, -1), words);
    assert.equal(
      commandText(['train', 'a.m2at.json', '--set', 'method.epsilon=4/255']),
      'm2at train a.m2at.json --set method.epsilon=4/255',
    );
  });
});
