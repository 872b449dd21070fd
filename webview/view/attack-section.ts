import type { AttackReport } from '../../src/core/runs/run-files';
import { attackTable } from '../model/attack-table';
import { attackText } from '../model/attack-text';
import { deviceText } from '../model/device-text';
import * as format from '../model/format';
import { shortPath } from '../model/short-path';
import { isOver, type RunState } from '../model/run-state';
import { accuracyBars, type AccuracyBar } from './accuracy-bars';
import { button } from './button';
import { DataTable } from './data-table';
import { element, setAttribute, setText } from './dom';
import { icon } from './icons';

const formats: Record<AttackReport['format'], string> = {
  'layers-model': 'TF.js layers model',
  'graph-model': 'TF.js graph model',
  onnx: 'ONNX',
};

/** The report of an attack run: accuracies, warnings, and every attacked image as a table. */
export class AttackSection {
  readonly #bars = element('div', { class: 'card bars-card' });
  readonly #warnings = element('ul', { class: 'warnings' });
  readonly #caption = element('span', { class: 'section-caption' });
  readonly #images = new DataTable();
  readonly #imagesTitle = element('h3');
  readonly #imagesCard = element(
    'section',
    { class: 'card images-card' },
    element('header', { class: 'card-header' }, this.#imagesTitle),
    this.#images.element,
  );
  readonly element = element(
    'section',
    { class: 'section', attributes: { 'aria-labelledby': 'attack-title' } },
    element(
      'header',
      { class: 'section-header' },
      element('h2', { text: 'Attacks', attributes: { id: 'attack-title' } }),
      this.#caption,
    ),
    this.#warnings,
    this.#bars,
    this.#imagesCard,
  );
  /** Names of the classes, once a sample grid has told them. */
  classNames: readonly string[] = [];
  #toggles: readonly HTMLElement[] = [];
  #shown: AttackReport | undefined;
  /** The attack whose images are listed; -1 after the list was closed; at first, the strongest. */
  #opened: number | undefined;

  draw(state: RunState): void {
    const { report } = state;
    if (!report) {
      this.#warnings.hidden = true;
      this.#imagesCard.hidden = true;
      this.#shown = undefined;
      const over = state.record !== undefined && isOver(state.record);
      const text = over ? 'This run has no report.' : 'Results appear here as each attack ends.';
      this.#bars.replaceChildren(element('p', { class: 'empty', text }));
      return;
    }
    if (report !== this.#shown) this.#drawReport(report);
    this.#shown = report;
    this.#drawImages(report);
  }

  #drawReport(report: AttackReport): void {
    this.#warnings.hidden = report.warnings.length === 0;
    const facts = [shortPath(report.checkpoint), formats[report.format], report.dataset];
    setText(this.#caption, [...facts, `seed ${report.seed}`, report.device].join(' · '));
    const device = deviceText(report.deviceDetails);
    this.#caption.title = [report.checkpoint, ...(device ? [device.text] : [])].join('\n');
    this.#warnings.replaceChildren(
      ...report.warnings.map((text) => element('li', {}, icon('warning'), element('span', { text }))),
    );
    // New rows must not lose the place of somebody who works by keyboard.
    const focused = this.#toggles.findIndex((toggle) => toggle === document.activeElement);
    this.#bars.replaceChildren(accuracyBars('Accuracy without an attack and after each', this.#rows(report)));
    this.#toggles[focused]?.focus();
  }

  #rows(report: AttackReport): AccuracyBar[] {
    const attacks = report.attacks.map((attack, index): AccuracyBar => {
      const fooled = attack.images.filter(
        ({ broken, cleanPrediction, label }) => broken && cleanPrediction === label,
      );
      return {
        title: attack.title,
        note: `${attackText(attack.parameters)} · ${format.integer(fooled.length)} fooled`,
        accuracy: attack.robustAccuracy,
        seconds: attack.seconds,
        kind: 'robust',
        extra: button({
          label: `Images of ${attack.title}`,
          icon: 'table',
          appearance: 'icon',
          onClick: () => {
            this.#opened = this.#openedIn(report) === index ? -1 : index;
            this.#drawImages(report);
          },
        }),
      };
    });
    this.#toggles = attacks.flatMap(({ extra }) => extra ?? []);
    return [
      {
        title: 'No attack',
        note: format.counted(report.count, 'test image'),
        accuracy: report.cleanAccuracy,
        kind: 'clean',
      },
      ...attacks,
      ...(attacks.length > 1
        ? [
            {
              title: 'Worst case',
              note: 'images that withstand every attack',
              accuracy: report.robustAccuracy,
              kind: 'worst' as const,
            },
          ]
        : []),
    ];
  }

  #openedIn({ attacks }: AttackReport): number {
    if (this.#opened !== undefined) return this.#opened;
    const accuracies = attacks.map(({ robustAccuracy }) => robustAccuracy);
    return accuracies.indexOf(Math.min(...accuracies));
  }

  #drawImages(report: AttackReport): void {
    const opened = this.#openedIn(report);
    const attack = report.attacks[opened];
    this.#toggles.forEach((toggle, index) => {
      setAttribute(toggle, 'aria-pressed', String(index === opened));
    });
    this.#imagesCard.hidden = attack === undefined;
    if (!attack) return;
    setText(this.#imagesTitle, `Images of ${attack.title}`);
    this.#images.show(attackTable(attack, this.classNames));
  }
}
