/** Corrupted images of a set, wherever they come from. */
export interface CorruptedImages {
  /** Computed here, or read from the user's files. */
  readonly origin: 'computed' | 'files';
  /** Of computed ones: whose constants they have. */
  readonly constants?: string | undefined;
  /**
   * Bytes [N, H, W, C] of images by their index in the set.
   * @throws M2atError `data` or `io` for images that can't be had
   */
  readonly read: (
    name: string,
    severity: number,
    indices: readonly number[],
    signal?: AbortSignal,
  ) => Promise<Uint8Array>;
}
