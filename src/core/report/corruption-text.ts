import { printable } from '../printable';
import type { CorruptionTable } from '../records/corruption-files';
import { isComplete, meanOf, originText, rowOf } from './corruption-means';
import { accuracyCell, percent, table } from './text-table';

/** The table of corruptions for people who read a terminal: a line a corruption, a column a severity, and the means. */
export function corruptionText(found: CorruptionTable): string {
  const { corruptions, severities, rows, count, dataset, cleanAccuracy, meanAccuracy, notes } = found;
  const one = severities.length === 1;
  const lines = corruptions.map(({ name, title }) => {
    const own = rows.filter(({ corruption }) => corruption === name);
    return [
      title,
      ...severities.map((severity) => cell(rowOf(found, name, severity)?.accuracy)),
      ...mean(own),
    ];
  });
  const means = severities.map((severity) => cell(meanOf(rows.filter((row) => row.severity === severity))));
  const rest = isComplete(found)
    ? ''
    : `, ${rows.length} of ${corruptions.length * severities.length} measured`;
  const head = [...severities.map((severity) => `severity ${severity}`), ...(one ? [] : ['mean'])];
  const all = meanAccuracy === undefined ? '' : accuracyCell(meanAccuracy, found.meanAccuracyInterval);
  return [
    printable(`${originText(found)}: ${count} images of ${dataset}${rest}`),
    table(
      ['accuracy', ...head],
      [
        ['clean', ...severities.map(() => ''), ...(one ? [] : [percent(cleanAccuracy)])].with(
          1,
          percent(cleanAccuracy),
        ),
        ...lines,
        ...(corruptions.length > 1 ? [['mean', ...means, ...(one ? [] : [cell(meanAccuracy)])]] : []),
      ],
    ),
    ...(all === '' ? [] : [`Mean accuracy under corruptions (95 % interval): ${all}`]),
    ...(notes.length > 0 ? [printable(`Differs from the published images: ${notes.join(' ')}`)] : []),
  ].join('\n\n');

  function mean(own: CorruptionTable['rows']): string[] {
    return one ? [] : [cell(meanOf(own))];
  }
}

function cell(accuracy: number | undefined): string {
  return accuracy === undefined ? '' : percent(accuracy);
}

/** The same in one line of a log: the mean, and where the network does worst. */
export function corruptionLine(found: CorruptionTable): string {
  const { corruptions, meanAccuracy = 0, meanAccuracyInterval, rows, count } = found;
  const means = corruptions.flatMap(({ name, title }) => {
    const mean = meanOf(rows.filter(({ corruption }) => corruption === name));
    return mean === undefined ? [] : [{ title, mean }];
  });
  const [worst, ...others] = means.sort((a, b) => a.mean - b.mean);
  const least = worst && others.length > 0 ? `, worst ${worst.title} ${percent(worst.mean)}` : '';
  const mean = accuracyCell(meanAccuracy, meanAccuracyInterval);
  return `${originText(found)}, on ${count} images: mean accuracy ${mean}, clean ${percent(found.cleanAccuracy)}${least}.`;
}

/** One corruption in a line of a log. */
export function oneCorruptionLine(
  { corruptions, count }: CorruptionTable,
  results: readonly { readonly name: string; readonly severity: number; readonly right: number }[],
): string {
  const place = corruptions.findIndex(({ name }) => name === results[0]?.name);
  const shares = results.map(
    ({ severity, right }) => `severity ${severity} ${percent(count === 0 ? 0 : right / count)}`,
  );
  return `Corruption ${place + 1} of ${corruptions.length}, ${corruptions[place]?.title ?? ''}: ${shares.join(', ')}.`;
}
