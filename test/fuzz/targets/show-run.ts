import type { ToDashboard } from '../../../src/protocol/dashboard-protocol';
import { announcement } from '../../../webview/sections/summary/announcement';
import { attackProgress } from '../../../webview/state/attack-progress';
import { attackRows } from '../../../webview/sections/attacks/attack-rows';
import { attackTable } from '../../../webview/sections/attacks/attack-table';
import { confusionMatrix } from '../../../webview/sections/classes/confusion-matrix';
import { corruptionRows, meanRow } from '../../../webview/sections/corruptions/corruption-rows';
import { curvePlots } from '../../../webview/sections/curves/curve-plots';
import { deviceText } from '../../../webview/dashboard/device-text';
import {
  everything,
  galleryClasses,
  galleryRows,
  ordersOf,
  outcomesIn,
} from '../../../webview/sections/gallery/gallery-view';
import { keyNumbers } from '../../../webview/sections/key-numbers/key-numbers';
import { normHistogram } from '../../../webview/sections/norms/norm-histogram';
import { plotData } from '../../../webview/sections/metrics/plot-data';
import { plotsOf } from '../../../webview/sections/metrics/plot-definitions';
import { plotTable } from '../../../webview/sections/metrics/plot-table';
import { restriction, runActions } from '../../../webview/dashboard/run-actions';
import { runFacts } from '../../../webview/dashboard/run-facts';
import { progressParts, shareDone } from '../../../webview/state/run-progress';
import { runSettings } from '../../../webview/sections/settings/run-settings';
import { RunState } from '../../../webview/state/run-state';
import type { TableSource } from '../../../webview/text/table-source';
import { transferSource } from '../../../webview/sections/transfer/transfer-rows';
import { assertFound } from '../fuzz-target';

const NOW = 1_800_000_000_000;

/** Has the dashboard's model make everything that it shows of a run after a message: nothing of it may throw. */
export function showRun(message: ToDashboard, before: readonly ToDashboard[] = []): void {
  const state = new RunState();
  for (const one of [...before, message]) state.apply(one, NOW);
  const { record, report, series, samples } = state;
  const texts: unknown[] = [
    keyNumbers(state, NOW),
    runFacts(state),
    runActions(state),
    restriction(state),
    announcement(state),
    progressParts(state),
    attackProgress(state),
    deviceText(record?.deviceDetails),
  ];
  const share = shareDone(state);
  assertFound(share === undefined || !Number.isNaN(share), `${share ?? ''} of the run is done`);
  if (report) {
    texts.push(attackRows(report, attackProgress(state)));
    if (record) texts.push(runSettings(record, report));
    for (const attack of report.attacks) texts.push(firstRows(attackTable(attack, report.classNames ?? [])));
    const { analysis } = report;
    if (analysis) {
      curvePlots(analysis.curves);
      for (const one of analysis.norms) normHistogram(one, report);
      confusionMatrix(analysis.confusion.clean, analysis.confusion.adversarial);
    }
  }
  if (state.corruptions) {
    const { table } = state.corruptions;
    texts.push(corruptionRows(table), meanRow(table));
  }
  if (state.transfer) texts.push(firstRows(transferSource(state.transfer)));
  for (const { grid } of [...(samples ? [samples] : []), ...state.galleries.values()]) {
    const outcomeOf = outcomesIn(grid, report);
    for (const order of ordersOf(grid)) galleryRows(grid, { ...everything, order }, outcomeOf);
    galleryClasses(grid);
  }
  for (const definition of plotsOf(series)) {
    plotData(definition, series, { width: 300, range: undefined, smoothing: 0.5 });
    texts.push(firstRows(plotTable(definition, series)));
  }
  const shown = JSON.stringify(texts);
  // A name or a version may be that word.
  if (JSON.stringify([...before, message]).includes('"NaN"')) return;
  assertFound(!/\bNaN\b|undefined %/.test(shown), `shows NaN: ${shown.slice(0, 500)}`);
}

function firstRows(source: TableSource): unknown {
  const count = Math.min(20, source.count);
  return [source.caption, Array.from({ length: count }, (_, index) => source.row(index))];
}
