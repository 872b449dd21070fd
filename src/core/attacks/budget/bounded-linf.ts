import { PIXEL_RANGE } from '../../fraction';

interface Bounded {
  readonly norm: string;
  readonly epsilon?: number | undefined;
  readonly stepSize?: number | undefined;
}
interface Issues {
  addIssue(issue: { code: 'custom'; path: string[]; message: string }): void;
}

/** A refinement for parameters whose budget, for linf, is one of pixels in [0, 1]. An L2 norm may well exceed 1. */
export function boundedLinf({ norm, epsilon, stepSize }: Bounded, context: Issues): void {
  if (norm !== 'linf') return;
  for (const [key, value] of Object.entries({ epsilon, stepSize })) {
    if (value === undefined || value <= 1) continue;
    context.addIssue({ code: 'custom', path: [key], message: `for linf ${PIXEL_RANGE}; got ${value}` });
  }
}
