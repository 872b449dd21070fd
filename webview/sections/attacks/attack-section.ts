import type { AttackReport } from '../../../src/core/records/run-files';
import { iconButton } from '../../controls/button';
import { DataTable } from '../../controls/data-table';
import { element, setAttribute, setText } from '../../controls/dom';
import { onChange } from '../../controls/on-change';
import { accuracyBars, type AccuracyBar } from '../../plots/accuracy-bars';
import { onlyCorruptions } from '../../state/only-corruptions';
import { attackProgress } from '../../state/attack-progress';
import { defineSection } from '../define-section';
import { titledSection } from '../titled-section';
import { attackRows, type AttackRow } from './attack-rows';
import { attackTable } from './attack-table';

const kinds: Readonly<Record<AttackRow['kind'], AccuracyBar['kind']>> = {
  clean: 'clean',
  ensemble: 'ensemble',
  member: 'member',
  attack: 'robust',
  worst: 'worst',
};

/** The accuracies of an attack run after each attack, and the images of one attack as a table. */
export const attackSection = defineSection({
  kinds: ['attack'],
  parts: ['record', 'report', 'progress', 'corruptions'],
  place: 'main',
  open() {
    const bars = element('div', { class: 'card bars-card' });
    const images = new DataTable();
    const title = element('h3');
    const header = element('header', { class: 'card-header' }, title);
    const card = element('section', { class: 'card images-card' }, header, images.element);
    const toggles = new Map<number, HTMLElement>();
    let report: AttackReport | undefined;
    /** The attack whose images are listed, if any. */
    let opened: number | undefined;
    let listed: AttackReport['attacks'][number] | undefined;

    const drawImages = () => {
      for (const [place, toggle] of toggles) setAttribute(toggle, 'aria-pressed', String(place === opened));
      const attack = report?.attacks[opened ?? -1];
      card.hidden = attack === undefined;
      if (!attack || attack === listed) return;
      listed = attack;
      setText(title, `Images of ${attack.title}`);
      images.show(attackTable(attack, report?.classNames ?? []));
    };
    const toggleOf = (place: number, attackTitle: string) => {
      const toggle = iconButton(`Images of ${attackTitle}`, 'table', () => {
        opened = opened === place ? undefined : place;
        drawImages();
      });
      toggles.set(place, toggle);
      return toggle;
    };
    const show = onChange((rows: readonly AttackRow[] | string) => {
      // New rows must not lose the place of somebody who works by keyboard.
      const focused = [...toggles].find(([, toggle]) => toggle === document.activeElement)?.[0];
      toggles.clear();
      if (typeof rows === 'string') {
        bars.replaceChildren(element('p', { class: 'empty', text: rows }));
        return;
      }
      const shown = rows.map(({ kind, attack, ...row }): AccuracyBar => ({
        ...row,
        kind: kinds[kind],
        ...(attack === undefined ? {} : { extra: toggleOf(attack, row.title) }),
      }));
      bars.replaceChildren(accuracyBars('Accuracy without an attack and after each', shown));
      if (focused !== undefined) toggles.get(focused)?.focus();
    });
    return {
      element: titledSection('attack', 'Robust accuracy', [], bars, card),
      draw(state) {
        report = state.report;
        if (onlyCorruptions(state)) return false;
        const waiting = state.isAtEnd
          ? 'This run has no report.'
          : 'Results appear here as each attack ends.';
        show(report ? attackRows(report, attackProgress(state)) : waiting);
        drawImages();
        return true;
      },
    };
  },
});
