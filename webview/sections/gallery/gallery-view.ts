import type { AttackReport, SampleGrid } from '../../../src/core/records/run-files';
import { attackBudget } from '../../text/attack-norm';
import { resultOf, type Outcome } from '../../text/image-result';

type Row = SampleGrid['rows'][number];

export const outcomeFilters = ['all', 'fooled', 'robust', 'misclassified'] as const;
export type OutcomeFilterValue = (typeof outcomeFilters)[number];
export const galleryOrders = ['index', 'smallest', 'largest', 'confident', 'unsure'] as const;
export type GalleryOrder = (typeof galleryOrders)[number];

export interface GalleryChoice {
  readonly outcome: OutcomeFilterValue;
  /** True class; undefined: all. */
  readonly label: number | undefined;
  /** Predicted under the attack; undefined: all. */
  readonly predicted: number | undefined;
  readonly order: GalleryOrder;
}

export const everything: GalleryChoice = {
  outcome: 'all',
  label: undefined,
  predicted: undefined,
  order: 'index',
};

/** The rows of a gallery as the choice shows them: places in `grid.rows`. */
export function galleryRows(
  grid: SampleGrid,
  choice: GalleryChoice,
  outcomeOf: (row: Row) => Outcome,
): number[] {
  const places = [...grid.rows.keys()].filter((place) => {
    const row = grid.rows[place];
    return row !== undefined && passes(grid, row, choice, outcomeOf);
  });
  const key = keyOf(grid, choice.order);
  return places.sort((a, b) => {
    const [first, second] = [grid.rows[a], grid.rows[b]];
    return first && second ? key(first) - key(second) || a - b : 0;
  });
}

/** How many rows each outcome has, under the other filters of the choice. */
export function galleryCounts(
  grid: SampleGrid,
  choice: GalleryChoice,
  outcomeOf: (row: Row) => Outcome,
): Record<OutcomeFilterValue, number> {
  const counts = { all: 0, fooled: 0, robust: 0, misclassified: 0 };
  for (const row of grid.rows) {
    if (!passes(grid, row, { ...choice, outcome: 'all' }, outcomeOf)) continue;
    counts.all++;
    counts[outcomeOf(row)]++;
  }
  return counts;
}

/**
 * How many images of the attack had each outcome, under the filters of the choice: of these the gallery has some
 * pictures. Undefined where the report does not list every image of the attack, or there is none.
 */
export function imageCounts(
  attack: AttackReport['attacks'][number] | undefined,
  choice: GalleryChoice,
  images: number | undefined,
): Record<OutcomeFilterValue, number> | undefined {
  if (!attack || attack.images.length < (images ?? 0)) return undefined;
  const counts = { all: 0, fooled: 0, robust: 0, misclassified: 0 };
  for (const image of attack.images) {
    // What an earlier attack of the ensemble had broken, this one did not attack.
    if (image.carriedFrom !== undefined) continue;
    if (choice.label !== undefined && image.label !== choice.label) continue;
    if (choice.predicted !== undefined && image.adversarialPrediction !== choice.predicted) continue;
    counts.all++;
    counts[resultOf(image)]++;
  }
  return counts;
}

/** The classes of a gallery: true ones, and those predicted under the attack. */
export function galleryClasses(grid: SampleGrid): { labels: number[]; predicted: number[] } {
  return {
    labels: ascending(grid.rows.map(({ label }) => label)),
    predicted: ascending(grid.rows.flatMap((row) => attacked(grid, row)?.label ?? [])),
  };
}

/**
 * How a row came out: as the report says, which knows whether the perturbation is within the budget, or where the
 * report has not got that far, as the predictions say.
 */
export function outcomesIn(grid: SampleGrid, report: AttackReport | undefined): (row: Row) => Outcome {
  const images = report?.attacks[grid.attack ?? -1]?.images ?? [];
  const known = new Map(images.map((image) => [image.index, resultOf(image)]));
  return (row) => known.get(row.index) ?? outcomeOf(grid, row);
}

/** The outcome of a row by its predictions alone; the first column with one is the clean image. */
export function outcomeOf(grid: SampleGrid, row: Row): Outcome {
  const labels = grid.columns.flatMap(({ key }) => row.predictions[key]?.label ?? []);
  if (labels[0] !== row.label) return 'misclassified';
  return labels.every((label) => label === row.label) ? 'robust' : 'fooled';
}

/** Ranks before any number of images. */
const LIMITED = 1e9;

/**
 * The attack to show at first: of those with a budget, the one with the most fooled images among its pictures; one that
 * only draws a curve comes last.
 */
export function firstGallery(
  galleries: ReadonlyMap<number, { readonly grid: SampleGrid }>,
  report: AttackReport | undefined,
): number | undefined {
  let best: { place: number; rank: number } | undefined;
  for (const [place, { grid }] of [...galleries].sort(([a], [b]) => a - b)) {
    const { fooled } = galleryCounts(grid, everything, outcomesIn(grid, report));
    const attack = report?.attacks[place];
    const limited = attack !== undefined && attackBudget(attack) !== undefined;
    // The largest epsilon of a curve always fools most, and is not what was asked about.
    const ofCurve = report?.groups?.[attack?.group ?? -1]?.epsilons !== undefined;
    const rank = ofCurve ? -1 : fooled + (limited && fooled > 0 ? LIMITED : 0);
    if (!best || rank > best.rank) best = { place, rank };
  }
  return best?.place;
}

function passes(grid: SampleGrid, row: Row, choice: GalleryChoice, outcome: (row: Row) => Outcome): boolean {
  return (
    (choice.outcome === 'all' || outcome(row) === choice.outcome) &&
    (choice.label === undefined || row.label === choice.label) &&
    (choice.predicted === undefined || attacked(grid, row)?.label === choice.predicted)
  );
}

/** The answer on the attacked picture, which is the last one with an answer. */
function attacked(grid: SampleGrid, row: Row): Row['predictions'][string] | undefined {
  const column = grid.columns.findLast(({ key }) => row.predictions[key] !== undefined);
  return column && row.predictions[column.key];
}

/** The orders that pictures can be put into: by norm where they have one. */
export function ordersOf({ rows }: SampleGrid): GalleryOrder[] {
  const measured = rows.some(({ norm }) => norm !== undefined);
  return galleryOrders.filter((order) => measured || (order !== 'smallest' && order !== 'largest'));
}

function keyOf(grid: SampleGrid, order: GalleryOrder): (row: Row) => number {
  switch (order) {
    case 'index':
      return ({ index }) => index;
    case 'smallest':
      return ({ norm }) => norm ?? Infinity;
    case 'largest':
      return ({ norm }) => -(norm ?? -Infinity);
    case 'confident':
      return (row) => -(attacked(grid, row)?.confidence ?? 0);
    case 'unsure':
      return (row) => attacked(grid, row)?.confidence ?? 1;
  }
}

function ascending(values: readonly number[]): number[] {
  return [...new Set(values)].sort((a, b) => a - b);
}
