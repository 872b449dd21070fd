/** The budgets that the field reports on CIFAR-10, for pixels in [0, 1]. */
export const usualEpsilon = { linf: 8 / 255, l2: 0.5, l1: 12 } as const;
