import { printable } from '../printable';
import type { EvaluationRow, MetricRow, RunRecord } from '../records/run-files';
import { attackColumn } from './attack-column';
import { seedMeans } from './seed-means';
import { accuracyCell, clock, table } from './text-table';

/** A training run, and its final evaluation if it got there. */
export interface ComparedRun {
  readonly record: RunRecord;
  readonly final?: EvaluationRow | undefined;
  /** The final evaluation of its other network, the best or the last one, where there is one. */
  readonly beside?: EvaluationRow | undefined;
}

/** A run with its final evaluations. @param rows those of its metrics */
export function comparedRun(record: RunRecord, rows: readonly MetricRow[]): ComparedRun {
  const finals = rows.filter((row): row is EvaluationRow => row.kind === 'evaluation' && row.final);
  const final = finals.findLast((row) => !row.beside);
  return { record, final, beside: final && finals.findLast((row) => row.beside) };
}

/**
 * What training runs came to, a row each, or one for the last and one for the best network, as plain text: passes over the network, accuracies with their intervals, time.
 * A run that did not get to its final evaluation says so instead. Below them the means over seeds, where a sweep repeats its
 * settings, what runs saw go wrong, and why one failed. Empty where none got there.
 */
export function comparison(runs: readonly ComparedRun[]): string {
  const shown = runs.flatMap(({ record, final, beside }) => [
    { record, final, isOne: !beside },
    ...(beside ? [{ record, final: beside, isOne: false }] : []),
  ]);
  const finals = shown.flatMap(({ final }) => final ?? []);
  if (finals.length === 0) return '';
  const attacks = [...new Set(finals.flatMap((final) => final.attacks.map(attackColumn)))];
  const some = finals.some((final) => final.attacks.some(({ count }) => count !== undefined));
  // The runs of a file may be evaluated on different numbers of images.
  const counts = [...new Set(finals.map(({ count }) => count))];
  const differ = counts.length > 1;
  const passes = shown.map(({ record }) => passesOf(record));
  const known = passes.some((number) => number !== undefined);
  const cells = shown.map(({ record, final, isOne }, n) => [
    record.name + networkText(final, isOne),
    ...(known ? [passesText(passes[n])] : []),
    ...(differ ? [final ? String(final.count) : ''] : []),
    final ? accuracyCell(final.cleanAccuracy, final.cleanAccuracyInterval) : record.status,
    ...attacks.map((name) => {
      const result = final?.attacks.find((one) => attackColumn(one) === name);
      return result ? accuracyCell(result.robustAccuracy, result.robustAccuracyInterval) : '';
    }),
    final ? clock(final.elapsedSeconds) : '',
  ]);
  const titles = [
    ...['network', ...(known ? ['passes'] : []), ...(differ ? ['images'] : []), 'clean', ...attacks, 'time'],
  ];
  const images = differ ? 'test images' : `${counts.join()} test images`;
  const fewer = some ? ', or on the first ones where a column says how many' : '';
  const paragraphs = [
    `Accuracy on ${images}${fewer}, clean and under attack (95 % interval):`,
    table(titles, cells),
    seedMeans(runs),
    known
      ? 'Passes: forward and backward, over the network, of each training image in the whole training.'
      : '',
    runs.flatMap(({ record }) => signsOf(record)).join('\n'),
  ];
  return `${paragraphs.filter((text) => text !== '').join('\n\n')}\n`;
}

/** Which network of its run an evaluation is of. @param isOne there is no other, and the last one needs no word */
function networkText(final: EvaluationRow | undefined, isOne: boolean): string {
  if (final?.network) return ` (best, step ${final.network.step})`;
  return final && !isOne ? ` (last, step ${final.step})` : '';
}

/** What a run saw go wrong, as a line, and why it failed, as another; none where nothing is known. */
function signsOf({ name, signs = [], status, message }: RunRecord): string[] {
  const seen = signs.map(({ title, step }) => `${title} after step ${step}`);
  return [
    ...(seen.length > 0 ? [printable(`${name}: ${seen.join(', ')}.`)] : []),
    ...(status === 'failed' && message !== undefined ? [printable(`${name} failed: ${message}`)] : []),
  ];
}

/** Passes of each image over the network so far: each image is in one step of an epoch, and left out of few. */
function passesOf({ passes, progress }: RunRecord): number | undefined {
  return passes && progress ? (passes.attack + passes.training) * progress.epoch : undefined;
}

function passesText(passes: number | undefined): string {
  return passes === undefined ? '' : String(Number(passes.toFixed(1)));
}
