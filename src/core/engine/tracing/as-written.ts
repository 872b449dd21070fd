let depth = 0;

/**
 * Builds a part of a program as it is written: nothing that would be NaN for some inputs is folded away, such as a product
 * with 0, which is NaN for infinite numbers. For networks from files; gradients, which are full of zeros that stand for
 * "nothing comes this way", are built outside of it, and fold.
 */
export function asWritten<T>(build: () => T): T {
  depth++;
  try {
    return build();
  } finally {
    depth--;
  }
}

/** Whether a part of a program is being built as it is written. */
export function isAsWritten(): boolean {
  return depth > 0;
}
