/** Bytes for people, such as `1.42 GB` and `350 MB` (powers of ten). */
export function bytesText(bytes: number): string {
  if (bytes >= 1e9) return `${(bytes / 1e9).toFixed(2)} GB`;
  return `${Math.max(0, Math.round(bytes / 1e6))} MB`;
}
