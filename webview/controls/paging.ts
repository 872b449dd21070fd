export interface Page {
  /** Zero-based, clamped to the pages there are. */
  readonly page: number;
  readonly pages: number;
  /** Positions of the rows on this page: `[start, end)`. */
  readonly start: number;
  readonly end: number;
}

/** The rows on a page. There is always at least one page, which may be empty. */
export function pageOf(count: number, wanted: number, size: number): Page {
  const pages = Math.max(1, Math.ceil(count / size));
  const page = Math.max(0, Math.min(pages - 1, Math.trunc(wanted)));
  return { page, pages, start: page * size, end: Math.min(count, (page + 1) * size) };
}
