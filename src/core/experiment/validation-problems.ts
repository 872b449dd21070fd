import type { FieldPath, FieldProblem } from './describe-issue';
import type { ResolvedExperiment } from './experiment-schema';
import { heldOut, type ImageCounts } from './validation-rule';

const place: FieldPath = ['training', 'validation'];

/** What is wrong with the images that are held out, although each number is in its range; empty when nothing is. */
export function validationProblems({ training }: ResolvedExperiment, images: ImageCounts): FieldProblem[] {
  const { validation } = training;
  if (typeof validation === 'object' && validation.share !== undefined && validation.count !== undefined) {
    const message = 'says how many images twice, by share and by count; leave one out';
    return [{ path: [...place, 'count'], message }];
  }
  const held = heldOut(training, images);
  if (!held) return [];
  const { train, all = train } = images;
  if (held.from === 'left-out') {
    if (held.count <= all - train) return [];
    const message =
      `wants ${held.count} images that dataset.trainCount leaves out, and it leaves out ${all - train} of ${all}; lower ` +
      'one of the two, or leave out "from"';
    return [{ path: place, message }];
  }
  if (held.from === 'data-set') {
    const { own = held.count } = images;
    if (own > 0 && held.count <= own) return [];
    const has =
      own > 0 ? `has ${own} images of its own for validation` : 'keeps no images of its own for validation';
    return [
      {
        path: place,
        message: `wants ${held.count || 'those'} of the data set, and that ${has}; leave out "from"`,
      },
    ];
  }
  return held.count < train
    ? []
    : [
        {
          path: place,
          message: `holds out ${held.count} of ${train} training images: none is left to train on`,
        },
      ];
}
