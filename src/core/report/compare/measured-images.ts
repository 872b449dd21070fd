import type { FlatSettings } from './flat-settings';

/** Which images an accuracy is of: two accuracies can be compared where these are the same. */
export interface MeasuredImages {
  /** The same for the same images, and for no others. */
  readonly key: string;
  /** The same for images that differ by how the seed drew them alone. */
  readonly family: string;
  /** `1000 test images`. */
  readonly title: string;
  /** `the first 1000 test images of cifar10`. */
  readonly about: string;
}

/** What says how many images there are, and what is done with those that are trained on: not which ones are measured. */
const ASIDE: ReadonlySet<string> = new Set(['name', 'trainCount', 'testCount', 'validationCount']);

/** Which data set that settings name: its name, and whatever else its images depend on. @param below path of the data set */
function datasetOf(settings: FlatSettings, below: string): { readonly name: string; readonly key: string } {
  const own = Object.entries(settings)
    .filter(([path]) => path.startsWith(below))
    .map(([path, value]) => [path.slice(below.length), value] as const);
  const name = own.find(([path]) => path === 'name')?.[1];
  const others = own.filter(([path]) => !ASIDE.has(path)).sort(([a], [b]) => (a < b ? -1 : 1));
  return {
    name: typeof name === 'string' ? name : 'an unknown data set',
    key: JSON.stringify([name, ...others]),
  };
}

export interface FirstImages {
  readonly settings: FlatSettings;
  /** Where in the settings the data set is. */
  readonly below: string;
  readonly split: 'validation' | 'test';
  readonly count: number;
  /** What else tells images apart: their checksum where they are a user's own, or how they were held out. */
  readonly own?: string | undefined;
  /** What drew them. */
  readonly drawn?: string | undefined;
}

/** The first so many images of a split. */
export function firstImages({ settings, below, split, count, own, drawn }: FirstImages): MeasuredImages {
  const { name, key } = datasetOf(settings, below);
  const title = `${count} ${split} image${count === 1 ? '' : 's'}`;
  const family = JSON.stringify([key, split, count, own ?? '']);
  return {
    ...{ key: JSON.stringify([family, drawn ?? '']), family, title },
    about: `the first ${title} of ${name}`,
  };
}

export interface ChosenImages {
  readonly settings: FlatSettings;
  readonly below: string;
  /** By their places in the data set, in the order in which they were attacked. */
  readonly indices: readonly number[];
  readonly own?: string | undefined;
}

/** Images that were chosen from those of a test; the first ones where they are those. */
export function chosenImages({ indices, ...rest }: ChosenImages): MeasuredImages {
  const count = indices.length;
  if (indices.every((index, place) => index === place)) return firstImages({ ...rest, split: 'test', count });
  const { name, key } = datasetOf(rest.settings, rest.below);
  const title = `${count} chosen image${count === 1 ? '' : 's'}`;
  const which = digest([...indices].sort((a, b) => a - b).join());
  const family = JSON.stringify([key, 'test', count, which, rest.own ?? '']);
  return {
    ...{ key: family, family, title },
    about: `${title} of ${name} (${which})`,
  };
}

/** 8 hex digits that tell lists apart: two of FNV-1a's 32 bits would hardly ever meet by chance. */
function digest(text: string): string {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  return (hash >>> 0).toString(16).padStart(8, '0');
}
