/** Rows of text for a data table, the first row first; only those on the page are asked for. */
export interface TableSource {
  readonly caption: string;
  readonly columns: readonly { readonly label: string; readonly numeric: boolean }[];
  readonly count: number;
  row(index: number): TableRow;
}

export interface TableRow {
  readonly cells: readonly string[];
  /** Stands out from its neighbours: an evaluation among training steps. */
  readonly strong?: boolean;
}
