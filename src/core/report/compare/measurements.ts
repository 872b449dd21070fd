import type { AttackReport, EvaluationRow, RunRecord } from '../../records/run-files';
import { wilsonInterval } from '../wilson-interval';
import type { ComparedCurve, Measurement } from './compared-row';
import type { FlatSettings } from './flat-settings';
import { chosenImages, firstImages, type MeasuredImages } from './measured-images';

interface Of {
  readonly accuracy: number;
  readonly interval?: Measurement['interval'];
  readonly count: number;
}

function measured(
  kind: Measurement['kind'],
  title: string,
  images: MeasuredImages,
  { accuracy, interval, count }: Of,
  rest: Pick<Measurement, 'during' | 'attackRun'> & { readonly how?: string } = {},
): Measurement {
  const { how, ...more } = rest;
  const known = interval ?? wilsonInterval(accuracy, count);
  const under = kind === 'clean' ? 'Clean accuracy' : `Accuracy under ${title}`;
  return {
    key: JSON.stringify([kind, title, images.key, how ?? '']),
    family: JSON.stringify([kind, title, images.family, how ?? '']),
    ...{
      title: how === undefined ? title : `${title}, ${how}`,
      kind,
      images: images.title,
      imagesKey: images.key,
    },
    about: `${under}${how === undefined ? '' : `, ${how}`}, on ${images.about}`,
    ...{ accuracy, count },
    ...(known && { interval: known }),
    ...more,
  };
}

/** What several attacks leave together. */
function worstTitle(titles: readonly string[]): string {
  return `worst of ${titles.join(' | ')}`;
}

/**
 * The accuracies of an evaluation during or after training.
 * @param settings of its run
 */
export function evaluationMeasurements(
  row: EvaluationRow,
  { images: own, validation }: Pick<RunRecord, 'images' | 'validation'>,
  settings: FlatSettings,
): Measurement[] {
  const split = row.split ?? 'test';
  // Which images were held out depends on where they come from and, where they were drawn, on the seed.
  const held = split === 'validation' ? JSON.stringify([validation?.from, validation?.count]) : '';
  const drawn = split === 'validation' ? JSON.stringify(settings.seed) : undefined;
  const imagesOf = (count: number): MeasuredImages =>
    firstImages({ settings, below: 'dataset.', split, count, own: `${own ?? ''}${held}`, drawn });
  const during = row.final ? {} : { during: true as const };
  const whole = row.attacks.filter(({ count = row.count }) => count === row.count);
  const clean = { accuracy: row.cleanAccuracy, interval: row.cleanAccuracyInterval, count: row.count };
  const worst = { accuracy: row.robustAccuracy, interval: row.robustAccuracyInterval, count: row.count };
  return [
    measured('clean', 'clean', imagesOf(row.count), clean, during),
    ...row.attacks.map(({ attack, count = row.count, robustAccuracy, robustAccuracyInterval }) =>
      measured(
        ...(['attack', attack, imagesOf(count)] as const),
        { accuracy: robustAccuracy, interval: robustAccuracyInterval, count },
        during,
      ),
    ),
    ...(whole.length > 1
      ? [measured('worst', worstTitle(whole.map(({ attack }) => attack)), imagesOf(row.count), worst, during)]
      : []),
  ];
}

/** An attack run, with what its `attack.json` says of where its images come from, by dotted paths. */
export interface ReportedRun {
  readonly record: RunRecord;
  readonly report: AttackReport;
  readonly source: FlatSettings;
}

/** The accuracies of an attack run. */
export function reportMeasurements({ record, report, source }: ReportedRun): Measurement[] {
  const imagesOf = imagesIn({ record, report, source });
  const how = report.eightBit ? { how: 'on the 8-bit grid' } : {};
  const rest = { attackRun: record.id };
  const parts = listedParts(report);
  const whole = parts.filter(({ count }) => count === report.count);
  const clean = {
    ...{ accuracy: report.cleanAccuracy, interval: report.cleanAccuracyInterval, count: report.count },
  };
  const worst = {
    ...{ accuracy: report.robustAccuracy, interval: report.robustAccuracyInterval, count: report.count },
  };
  return [
    measured('clean', 'clean', imagesOf(report.count), clean, rest),
    ...parts.map(({ title, count, accuracy, interval }) =>
      measured('attack', title, imagesOf(count), { accuracy, interval, count }, { ...rest, ...how }),
    ),
    ...(whole.length > 1
      ? [
          measured(
            ...(['worst', worstTitle(whole.map(({ title }) => title)), imagesOf(report.count)] as const),
            worst,
            { ...rest, ...how },
          ),
        ]
      : []),
  ];
}

/** Robust accuracy against epsilon, from an attack run. */
export function reportCurves(run: ReportedRun): ComparedCurve[] {
  const { report } = run;
  const images = imagesIn(run)(report.count);
  return (report.analysis?.curves ?? []).map(({ title, norm, kind, points }) => ({
    key: JSON.stringify([title, norm, kind, images.key, report.eightBit ?? false]),
    title: `${title}${kind === 'norms' ? ' (norms found)' : ''}${report.eightBit ? ', on the 8-bit grid' : ''}`,
    ...{ norm, images: images.title, points: [...points] },
  }));
}

function imagesIn({ report, source }: ReportedRun): (count: number) => MeasuredImages {
  const all = report.attacks.reduce<AttackReport['attacks'][number]['images']>(
    (longest, { images }) => (images.length > longest.length ? images : longest),
    [],
  );
  const hasFile = report.attacks.some(({ parameters }) => parameters.target === 'file');
  const below = 'parameters.';
  const named = Object.keys(source).some((path) => path.startsWith(below));
  const own = JSON.stringify([
    named ? '' : (source.images ?? report.dataset),
    ...(hasFile ? all.map(({ target }) => target ?? -1) : []),
  ]);
  return (count) =>
    chosenImages({
      settings: named ? source : { 'parameters.name': report.dataset },
      ...{ below, indices: all.slice(0, count).map(({ index }) => index) },
      own: own === '[""]' ? undefined : own,
    });
}

/** What was asked for: attacks, and ensembles as a whole; not what only draws a curve. */
function listedParts({ attacks, groups = [] }: AttackReport): (Of & { readonly title: string })[] {
  const last = new Map<string, Of & { readonly title: string }>();
  for (const [place, attack] of attacks.entries()) {
    const group = attack.group === undefined ? undefined : groups[attack.group];
    if (group?.epsilons) continue;
    // Of an ensemble, what its last attack left withstood all of them.
    const { title, robustAccuracy, robustAccuracyInterval } = group ?? attack;
    last.set(group ? `group ${attack.group ?? ''}` : `attack ${place}`, {
      ...{ title, accuracy: robustAccuracy, count: attack.images.length },
      // An interval of a group is of the images of all of its attacks.
      interval: robustAccuracyInterval,
    });
  }
  return [...last.values()];
}
