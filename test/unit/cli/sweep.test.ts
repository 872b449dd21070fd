import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { mock } from 'node:test';
import { createProgram } from '../../../src/cli/program';
import { output } from '../../../src/cli/terminal';
import { M2atError } from '../../../src/core/errors';
import { parseExperiment } from '../../../src/core/experiment/parse-experiment';
import { builtIn } from '../../../src/core/registry/registry';
import { examples } from '../../support/examples';
import { temporaryRoot } from '../training/tiny-task';

describe('m2at sweep', () => {
  const example = path.join(examples, 'sweep.m2at.json');
  const names = ['epsilon=4/255, stepSize=5/255', 'epsilon=8/255, stepSize=10/255'].flatMap((setting) =>
    [1, 2, 3].map((seed) => `${setting}, seed=${seed}`),
  );

  /** What it prints. */
  async function printed(...args: string[]): Promise<string> {
    const texts: string[] = [];
    const written = mock.method(output, 'write', (text: string) => texts.push(text));
    const told = mock.method(output, 'json', (value: unknown) => texts.push(JSON.stringify(value)));
    try {
      await createProgram(builtIn).parseAsync(['sweep', ...args], { from: 'user' });
    } finally {
      written.mock.restore();
      told.mock.restore();
    }
    return texts.join('');
  }

  it('lists the runs of the example by their names', async () => {
    assert.equal(await printed(example, '--list'), `${names.join('\n')}\n\n6 runs\n`);
    const listed: unknown = JSON.parse(await printed(example, '--list', '--json', '--run', names[4] ?? ''));
    assert.deepEqual(listed, [{ name: names[4], setting: 'sweep: epsilon=8/255, stepSize=10/255' }]);
  });

  it('says of a file without a sweep, and of a name that no run has, what to do', async () => {
    const root = await temporaryRoot();
    try {
      const file = path.join(root, 'plain.m2at.json');
      const { sweep, ...plain } = JSON.parse(
        readFileSync(example, 'utf8').replaceAll(/^ *\/\/.*$/gm, ''),
      ) as Record<string, unknown>;
      assert.ok(sweep);
      await writeFile(file, JSON.stringify(plain));
      const refused = (pattern: RegExp) => (error: unknown) =>
        error instanceof M2atError && error.code === 'bad-input' && pattern.test(error.message);
      await assert.rejects(printed(file), refused(/has no "sweep"\nAdd one/));
      await assert.rejects(
        printed(example, '--list', '--run', 'x'),
        refused(/no run named "x"\nIt has: epsilon=4/),
      );
    } finally {
      await rm(root, { recursive: true });
    }
  });

  it('makes of the example in docs/sweeps.md as many runs as are said there', () => {
    const page = readFileSync('docs/sweeps.md', 'utf8');
    const [, text = ''] = /```json\n([^`]+)```/.exec(page) ?? [];
    const { runs, problems } = parseExperiment(text);
    assert.ok(runs, JSON.stringify(problems));
    assert.ok(page.includes(`= ${runs.length} runs`));
    assert.ok(page.includes(`\`${runs[0]?.name ?? ''}\``), runs[0]?.name);
  });
});
