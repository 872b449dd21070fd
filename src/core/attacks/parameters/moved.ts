/** What a report says of one image under one attack, as far as success goes. */
export interface Success {
  readonly broken: boolean;
  readonly misclassified?: boolean | undefined;
}

/** Whether an attack moved an image from its label: what robust accuracy counts, also of a targeted attack. */
export function isMoved({ broken, misclassified }: Success): boolean {
  return misclassified ?? broken;
}

/** Whether a prediction is what an attack is after: any class but the label or, targeted, the target. */
export function isGoal({
  adversarialPrediction,
  label,
  target,
}: {
  readonly adversarialPrediction: number;
  readonly label: number;
  readonly target?: number | undefined;
}): boolean {
  return target === undefined ? adversarialPrediction !== label : adversarialPrediction === target;
}
