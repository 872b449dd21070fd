import assert from 'node:assert/strict';
import { CommanderError } from 'commander';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { attackSummary } from '../../../src/cli/attack-summary';
import { LiveLine } from '../../../src/cli/live-line';
import { builtIn } from '../../../src/core/registry/registry';
import { createProgram } from '../../../src/cli/program';
import { guardConsole, Output } from '../../../src/cli/terminal';
import { messageOf } from '../../../src/core/errors';
import { isPrintable } from '../../../src/core/printable';
import { readRun, runDirectory } from '../../../src/core/runs/run-store';
import { attackRecord, writeAttackRun } from '../../support/attack-run';

/** What a terminal would obey: clears it, sets its title, turns text around, begins a line anew. */
const ESCAPES = '\x1b[2J\x1b]0;x\x07\x9b31m\u202e\u2028\r\u0000';

/** What stands in for a terminal, or a file, and remembers. */
class Screen {
  text = '';

  output(isTTY: boolean): Output {
    const write = (text: string): boolean => (this.text += text) !== '';
    return new Output({ isTTY, columns: 40, write, on: () => undefined });
  }
}

function assertShown(text: string): void {
  for (const line of text.split('\n')) assert.ok(isPrintable(line), JSON.stringify(line));
}

describe('the terminal', () => {
  it('shows texts, and sends none of their controls', () => {
    const screen = new Screen();
    const output = screen.output(false);
    output.write(`a${ESCAPES}\nb\n`);
    assertShown(screen.text);
    assert.match(screen.text, /^a\\x1b\[2J.*\\u202e\\u2028\\r\\x00\nb\n$/);
  });

  it('writes JSON whose values are the same', () => {
    const screen = new Screen();
    screen.output(false).json({ name: ESCAPES });
    assertShown(screen.text);
    assert.deepEqual(JSON.parse(screen.text), { name: ESCAPES });
  });

  it('redraws a line with its own codes only, and counts what is shown', () => {
    const screen = new Screen();
    const line = new LiveLine(screen.output(true));
    line.update(`epoch ${ESCAPES.repeat(10)}`);
    const [, shown = ''] = screen.text.split('\r\x1b[2K');
    assertShown(shown);
    assert.equal(shown.length, 39);
    line.clear();
    assert.ok(screen.text.endsWith('\r\x1b[2K'));
  });

  it('gets what libraries print escaped as well', () => {
    const before = globalThis.console;
    const written: string[] = [];
    const write = process.stderr.write.bind(process.stderr);
    process.stderr.write = (text: string | Uint8Array): boolean => written.push(String(text)) > 0;
    try {
      guardConsole();
      console.warn(`layer ${ESCAPES}`, { deep: ESCAPES });
    } finally {
      process.stderr.write = write;
      globalThis.console = before;
    }
    assert.match(written.join(''), /^layer \\x1b/);
    assertShown(written.join(''));
  });
});

describe('commands with hostile input', () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'm2at-test-'));
  });
  after(() => rm(folder, { recursive: true }));

  /** Everything that a command prints, and the message that it ends with. */
  const run = async (...args: string[]): Promise<string> => {
    const written: string[] = [];
    const streams = [process.stdout, process.stderr];
    const writes = streams.map((stream) => stream.write.bind(stream));
    for (const stream of streams) {
      stream.write = (text: string | Uint8Array): boolean => written.push(String(text)) > 0;
    }
    try {
      await createProgram(builtIn).parseAsync(args, { from: 'user' });
    } catch (error) {
      // Of its own errors commander has printed the message.
      if (!(error instanceof CommanderError)) written.push(messageOf(error));
    } finally {
      for (const [n, stream] of streams.entries()) Object.assign(stream, { write: writes[n] });
    }
    const text = written.join('');
    assertShown(text);
    return text;
  };
  const file = async (name: string, content: string): Promise<string> => {
    const at = path.join(folder, name);
    await writeFile(at, content);
    return at;
  };

  it('an experiment or a run of one with such a name is refused', async () => {
    const rest = { dataset: { name: 'cifar10' }, model: { name: 'small-cnn' }, method: { name: 'standard' } };
    for (const bad of [
      'a\nb',
      'a\x1b[31m',
      'a\u2028',
      '\u202eb',
      'a\u200bb',
      'a\u00adb',
      'a\x9b',
      '\ufeffa',
    ]) {
      const named = await file('a.m2at.json', JSON.stringify({ name: bad, ...rest }));
      assert.match(await run('train', named), /name must not hold control or invisible characters.*; got "/);
      const several = await file('b.m2at.json', JSON.stringify({ ...rest, runs: [{ name: bad }] }));
      assert.match(await run('train', several), /runs\[0\]\.name must not hold control or invisible char/);
    }
  });

  it('paths, flags and what files say are shown, and not obeyed', async () => {
    const json = await file('model.json', `{"format": "layers-model", "x": "${ESCAPES}`);
    const texts = [
      await run('train', `${ESCAPES}.json`),
      await run('train', await file('c.m2at.json', `{"${ESCAPES.slice(0, 4)}\u202e": 1, "name": 3}`)),
      await run('attack', path.join(folder, `${ESCAPES}.onnx`.replaceAll('\0', ''))),
      await run('attack', json),
      await run('attack', await file('x.onnx', ESCAPES)),
      await run('attack', json, `--${ESCAPES}`),
      await run('attack', json, '--attack', ESCAPES),
      await run('attack', json, '--set', `${ESCAPES}=1`),
      await run('report', ESCAPES),
      await run('evaluate', json, '--from', ESCAPES),
      await run(ESCAPES),
    ];
    for (const [n, text] of texts.entries()) assert.ok(text.length > 10, `${n}: ${text}`);
  });

  it('a run that holds such names is listed and reported with them escaped', async () => {
    const root = path.join(folder, 'project');
    await writeAttackRun(root);
    const { id } = attackRecord;
    const name = `name ${ESCAPES}\nrm -rf ~`;
    for (const [stored, changes] of [
      ['run.json', { name }],
      ['report.json', { checkpoint: name, warnings: [name] }],
    ] as const) {
      const at = path.join(runDirectory(root, id), stored);
      await writeFile(
        at,
        JSON.stringify({ ...(JSON.parse(await readFile(at, 'utf8')) as object), ...changes }),
      );
    }
    const escaped = /name \\x1b\[2J.*\\nrm -rf ~/;
    assert.match(await run('runs', '--root', root), escaped);
    assert.match(await run('runs', '--json', '--root', root), /name \\\\x1b/);
    const { report } = await readRun(root, id);
    assert.ok(report);
    const summary = attackSummary(report);
    assertShown(summary);
    assert.match(summary, escaped);
    assert.match(summary, new RegExp(`warning: ${escaped.source}`));
  });
});
