import type { Registry } from '../../core/registry/registry';
import type { AttackRequest } from '../../core/scheduler/job-requests';
import type { ModelInspection } from '../../protocol/worker-protocol';

type Datasets = Registry['datasets'];
type DatasetFacts = NonNullable<Datasets[number]['facts']>;
type Inspection = Pick<ModelInspection, 'spec' | 'classes' | 'dataset' | 'datasetProblem'>;

/** Where the images of an attack come from; empty: the checkpoint's own data set. */
export type ImageChoice = Pick<AttackRequest, 'arrays' | 'dataset'>;

export interface DatasetRow {
  readonly label: string;
  readonly description?: string;
  readonly detail?: string;
  readonly choice: ImageChoice;
}

/** The data sets whose images all networks take; before them that of the first one, where it has a folder of its own. */
export function datasetRows(datasets: Datasets, inspections: readonly Inspection[]): DatasetRow[] {
  const { dataset, datasetProblem } = inspections[0] ?? {};
  const fitting = datasets.filter(({ facts }) =>
    inspections.every((inspection) => facts && takes(inspection, facts)),
  );
  const rows = fitting.map(({ name, title, fetch }): DatasetRow => ({
    label: `${title} test images`,
    ...(datasetProblem !== undefined && { description: datasetProblem }),
    ...(fetch && { detail: 'From the cache; fetched first where they are not there yet' }),
    choice: { dataset: { name, trainCount: 1 } },
  }));
  const itself = fitting.some(({ name }) => name === dataset?.name);
  if (!dataset || (itself && dataset.folder === undefined)) return rows;
  const description = `${dataset.name}, test images`;
  const row: DatasetRow = {
    label: "The checkpoint's data set",
    description,
    ...(dataset.folder !== undefined && { detail: dataset.folder }),
    choice: {},
  };
  return [row, ...rows];
}

/** Test images of what was chosen; undefined for files. */
export function testCount(
  datasets: Datasets,
  { arrays, dataset }: ImageChoice,
  [first]: readonly Inspection[],
): number | undefined {
  if (arrays) return undefined;
  const named = dataset?.name ?? first?.dataset?.name;
  return (datasets.find(({ name }) => name === named) ?? datasets[0])?.facts?.counts.test;
}

function takes(
  { spec, classes }: Inspection,
  { height, width, channels, classNames }: DatasetFacts,
): boolean {
  const fits = (value: number | null | undefined, size: number): boolean => (value ?? size) === size;
  return (
    fits(spec.height, height) &&
    fits(spec.width, width) &&
    fits(spec.channels, channels) &&
    fits(classes, classNames.length)
  );
}
