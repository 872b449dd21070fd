import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { Random } from '../../../src/core/random';
import { AttackJournal, type JournalStart } from '../../../src/core/attacking/attack-journal';
import { readMetrics, truncateMetricRows } from '../../../src/core/runs/metrics-file';
import { evaluationRow, stepRow } from '../../unit/webview/rows';
import { assertFound, contentOf, oneFile, type FuzzTarget } from '../fuzz-target';
import { mutateLines } from '../mutate/mutate-text';

const METRICS = 'metrics.jsonl';
const STATE = 'attack-state.jsonl';

const check = { zeroGradients: 0, checked: 4, probabilities: false, randomness: 0 };
const image = (position: number): object => ({
  ...{
    position,
    index: position,
    label: 1,
    prediction: 2,
    confidence: 0.5,
    broken: true,
    norm: 0.03,
    loss: 1.5,
  },
});
const journal = [
  {
    kind: 'clean',
    predictions: [
      [1, 0.9, 0.1],
      [2, 0.8, null],
      [0, 0.5, 0.7],
      [1, 1, 0],
    ],
    check,
  },
  ...[0, 1].flatMap((attack) =>
    [0, 1].map((batch) => ({
      ...{ kind: 'batch', attack, batch, seconds: 0.5, invalid: 0, sha256: 'ab'.repeat(32) },
      images: [image(2 * batch), image(2 * batch + 1)],
    })),
  ),
];
const rows = [
  ...[1, 2, 3, 4, 5].map((step) => stepRow(step)),
  evaluationRow(5, { attacks: [{ attack: 'fgsm', robustAccuracy: 0.2, seconds: 1 }] }),
  ...[6, 7, 8].map((step) => stepRow(step, { loss: null })),
  evaluationRow(8, { final: true }),
];
const textOf = (lines: readonly object[]): string =>
  lines.map((line) => `${JSON.stringify(line)}\n`).join('');

/** Rows of measurements, and the batches of an attack, one JSON value a line. */
export async function journalsTarget(folder: string): Promise<FuzzTarget> {
  await mkdir(folder, { recursive: true });
  const originals = { [METRICS]: textOf(rows), [STATE]: textOf(journal) };
  return {
    input(seed) {
      const name = seed % 2 === 0 ? METRICS : STATE;
      const { bytes, label } = mutateLines(originals[name], Random.keyed(seed, 'fuzz-journals'));
      return oneFile(name, bytes, `${name}: ${label}`);
    },
    async attempt(input) {
      const [name = ''] = input.files.keys();
      const file = path.join(folder, name);
      await writeFile(file, contentOf(input, name));
      return name === METRICS ? await tryMetrics(file) : await tryJournal(file);
    },
  };
}

async function tryMetrics(file: string): Promise<'accepted' | { refused: string[] }> {
  const { rows: read } = await readMetrics(file);
  const position = { step: 5, evaluatedStep: 5 };
  await truncateMetricRows(file, position);
  const { rows: kept } = await readMetrics(file);
  assertFound(
    kept.every(({ step }) => step <= 5),
    'rows after the checkpoint are left',
  );
  assertFound(kept.length <= read.length, 'there are more rows than before');
  return read.length === rows.length ? 'accepted' : { refused: ['rows are left out'] };
}

async function tryJournal(file: string): Promise<'accepted' | { refused: string[] }> {
  const journal = new AttackJournal(file);
  const read = await journal.read();
  assertSound(read);
  const recovered = await journal.recover(() => Promise.resolve(true));
  assertSound(recovered);
  assertFound(JSON.stringify(recovered) === JSON.stringify(read), 'recovers something else than it reads');
  const again = await journal.read();
  assertFound(
    JSON.stringify(again) === JSON.stringify(recovered),
    'is cut off to something else than it recovers',
  );
  return read?.batches.length === 4 ? 'accepted' : { refused: ['batches are left out'] };
}

function assertSound(start: JournalStart | undefined): void {
  for (const { entered } of start?.batches ?? []) {
    assertFound(
      entered.positions.every((position) => Number.isSafeInteger(position) && position >= 0),
      `positions ${entered.positions.join()}`,
    );
    assertFound(entered.positions.length === entered.images.length, 'other places than images');
  }
}
