import type { Random } from '../../random';
import type { ImageBytes } from './image-bytes';

export const severities = [1, 2, 3, 4, 5] as const;

/** Where a corruption's numbers come from: the published sets, by the size of their pictures. */
export const scales = {
  cifar: { title: 'CIFAR-10-C', upTo: 48 },
  tiny: { title: 'Tiny ImageNet-C', upTo: 128 },
  imagenet: { title: 'ImageNet-C', upTo: Infinity },
} as const;
export type ScaleName = keyof typeof scales;
const scaleNames = ['cifar', 'tiny', 'imagenet'] as const satisfies readonly ScaleName[];

/** Whose constants are taken for pictures of a size: those that were made for pictures about as large. */
export function scaleOf({ height, width }: Pick<ImageBytes, 'height' | 'width'>): ScaleName {
  const size = Math.max(height, width);
  return scaleNames.find((name) => size <= scales[name].upTo) ?? 'imagenet';
}

/** Random numbers of one picture. */
export type Draws = Pick<Random, 'uniform' | 'normal' | 'int' | 'poisson'>;

export const families = ['noise', 'blur', 'weather', 'digital'] as const;

/** What is known of a corruption without doing it. */
export interface CorruptionFacts {
  /** As the files of CIFAR-10-C are called. */
  readonly name: string;
  readonly title: string;
  readonly family: (typeof families)[number];
  /** Whether it draws random numbers. */
  readonly random: boolean;
  /** How it differs from its authors' code, beyond rounding. */
  readonly differs?: string;
}

export interface Corruption extends CorruptionFacts {
  /**
   * The corrupted picture.
   * @param severity 1 to 5
   * @param scale whose constants are taken; absent: by the picture's size
   */
  readonly apply: (image: ImageBytes, severity: number, draws: Draws, scale?: ScaleName) => Uint8Array;
}

interface CorruptionDefinition<Constant> extends CorruptionFacts {
  /** For each scale the constants of the severities 1 to 5. */
  readonly constants: Readonly<
    Record<ScaleName, readonly [Constant, Constant, Constant, Constant, Constant]>
  >;
  readonly corrupt: (image: ImageBytes, constant: Constant, draws: Draws) => Uint8Array;
}

/** A corruption, one entry of the list. Throws RangeError for a severity outside 1 to 5. */
export function defineCorruption<Constant>({
  constants,
  corrupt,
  ...facts
}: CorruptionDefinition<Constant>): Corruption {
  return {
    ...facts,
    apply: (image, severity, draws, scale = scaleOf(image)) => {
      const constant = constants[scale][severity - 1];
      if (constant === undefined) throw new RangeError(`severity ${severity} is not between 1 and 5`);
      return corrupt(image, constant, draws);
    },
  };
}
