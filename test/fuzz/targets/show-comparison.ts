import { arrangedTable } from '../../../src/core/report/compare/arranged-table';
import { compareFormats } from '../../../src/core/report/compare/compare-formats';
import { compareView } from '../../../src/core/report/compare/compare-view';
import { paretoFront } from '../../../src/core/report/compare/pareto-front';
import type { ToCompare } from '../../../src/protocol/compare-protocol';
import { CompareState } from '../../../webview/compare/compare-state';

/** What the page that compares runs makes of messages, but for drawing it. */
export function showComparison(messages: readonly ToCompare[]): void {
  const state = new CompareState();
  for (const message of messages) state.apply(message);
  const [first] = state.rows;
  const views = [{}, { groupBy: 'repeats', baseline: first?.key, filter: 'a>1 b' }];
  for (const view of views) {
    const arranged = arrangedTable(state.rows, compareView.parse(view));
    for (const write of Object.values(compareFormats)) write(arranged);
  }
  for (const { measurements } of state.rows) {
    paretoFront(measurements.map(({ accuracy, count }) => ({ x: accuracy, y: count })));
  }
  if (state.trained.length > state.rows.length) throw new Error('more runs than rows');
}
