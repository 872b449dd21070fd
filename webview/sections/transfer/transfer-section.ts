import type { TransferTable } from '../../../src/core/records/transfer-files';
import { DataTable } from '../../controls/data-table';
import { element } from '../../controls/dom';
import { onChange } from '../../controls/on-change';
import { defineSection } from '../define-section';
import { titledSection } from '../titled-section';
import { transferSource } from './transfer-rows';

/** What other networks make of the examples of an attack run; hidden until that was measured. */
export const transferSection = defineSection({
  kinds: ['attack'],
  parts: ['transfer'],
  place: 'main',
  open() {
    const table = new DataTable();
    const notes = element('div');
    const caption = element('span', {
      class: 'section-caption',
      text: 'fooled: classified wrongly, of what is right without the perturbation',
    });
    const card = element('div', { class: 'card' }, table.element, notes);
    const show = onChange((transfer: TransferTable) => {
      table.show(transferSource(transfer));
      notes.replaceChildren(
        ...transfer.warnings.map((text) => element('p', { class: 'section-caption', text })),
      );
    });
    return {
      element: titledSection('transfer', 'Transfer to other networks', [caption], card),
      draw({ transfer }) {
        if (!transfer || transfer.rows.length === 0) return false;
        show(transfer);
        return true;
      },
    };
  },
});
