import type { AttackReport } from '../../../src/core/records/run-files';
import { attackProgress } from '../../state/attack-progress';
import { attackRows, type AttackRow } from './attack-rows';
import { attackTable } from './attack-table';
import { isOver } from '../../../src/core/records/run-state';
import type { RunState } from '../../state/run-state';
import { accuracyBars, type AccuracyBar } from '../../plots/accuracy-bars';
import { button } from '../../controls/button';
import { DataTable } from '../../controls/data-table';
import { element, setAttribute, setText } from '../../controls/dom';
import { defineSection, type OpenSection } from '../define-section';
import { titledSection } from '../titled-section';

const kinds: Readonly<Record<AttackRow['kind'], AccuracyBar['kind']>> = {
  clean: 'clean',
  ensemble: 'ensemble',
  member: 'member',
  attack: 'robust',
  worst: 'worst',
};

/** The accuracies of an attack run after each attack, and the images of one attack as a table. */
class AttackSection implements OpenSection {
  readonly #bars = element('div', { class: 'card bars-card' });
  readonly #images = new DataTable();
  readonly #imagesTitle = element('h3');
  readonly #imagesCard = element(
    'section',
    { class: 'card images-card' },
    element('header', { class: 'card-header' }, this.#imagesTitle),
    this.#images.element,
  );
  readonly element = titledSection('attack', 'Robust accuracy', [], this.#bars, this.#imagesCard);
  readonly #toggles = new Map<number, HTMLElement>();
  #shown = '';
  #listed: AttackReport['attacks'][number] | undefined;
  /** The attack whose images are listed, if any. */
  #opened: number | undefined;

  draw(state: RunState): boolean {
    const { report } = state;
    if (!report) {
      const over = state.record !== undefined && isOver(state.record);
      const text = over ? 'This run has no report.' : 'Results appear here as each attack ends.';
      this.#bars.replaceChildren(element('p', { class: 'empty', text }));
      this.#imagesCard.hidden = true;
      this.#shown = '';
      return true;
    }
    this.#drawRows(report, attackRows(report, attackProgress(state)));
    this.#drawImages(report);
    return true;
  }

  #drawRows(report: AttackReport, rows: readonly AttackRow[]): void {
    const shown = JSON.stringify(rows);
    if (shown === this.#shown) return;
    this.#shown = shown;
    // New rows must not lose the place of somebody who works by keyboard.
    const focused = [...this.#toggles].find(([, toggle]) => toggle === document.activeElement)?.[0];
    this.#toggles.clear();
    const bars = rows.map(({ kind, attack, ...row }): AccuracyBar => ({
      ...row,
      kind: kinds[kind],
      ...(attack === undefined ? {} : { extra: this.#toggle(report, attack) }),
    }));
    this.#bars.replaceChildren(accuracyBars('Accuracy without an attack and after each', bars));
    if (focused !== undefined) this.#toggles.get(focused)?.focus();
  }

  #toggle(report: AttackReport, attack: number): HTMLElement {
    const made = button({
      label: `Images of ${report.attacks[attack]?.title ?? ''}`,
      icon: 'table',
      appearance: 'icon',
      onClick: () => {
        this.#opened = this.#opened === attack ? undefined : attack;
        this.#drawImages(report);
      },
    });
    this.#toggles.set(attack, made);
    return made;
  }

  #drawImages(report: AttackReport): void {
    for (const [attack, toggle] of this.#toggles) {
      setAttribute(toggle, 'aria-pressed', String(attack === this.#opened));
    }
    const attack = report.attacks[this.#opened ?? -1];
    this.#imagesCard.hidden = attack === undefined;
    if (!attack || attack === this.#listed) return;
    this.#listed = attack;
    setText(this.#imagesTitle, `Images of ${attack.title}`);
    this.#images.show(attackTable(attack, report.classNames ?? []));
  }
}

export const attackSection = defineSection({
  kinds: ['attack'],
  parts: ['record', 'report', 'progress'],
  place: 'main',
  open: () => new AttackSection(),
});
