import type { RunState } from '../../state/run-state';
import { transferSource } from './transfer-rows';
import { DataTable } from '../../controls/data-table';
import { element } from '../../controls/dom';

/** What other networks make of the examples of an attack run; hidden until that was measured. */
export class TransferSection {
  readonly #table = new DataTable();
  readonly #notes = element('div');
  readonly element = element(
    'section',
    { class: 'section', attributes: { 'aria-labelledby': 'transfer-title' } },
    element(
      'header',
      { class: 'section-header' },
      element('h2', { text: 'Transfer to other networks', attributes: { id: 'transfer-title' } }),
      element('span', {
        class: 'section-caption',
        text: 'fooled: classified wrongly, of what is right without the perturbation',
      }),
    ),
    element('div', { class: 'card' }, this.#table.element, this.#notes),
  );
  #shown = '';

  draw({ transfer }: RunState): void {
    this.element.hidden = !transfer || transfer.rows.length === 0;
    if (!transfer) return;
    const shown = JSON.stringify(transfer);
    if (shown === this.#shown) return;
    this.#shown = shown;
    this.#table.show(transferSource(transfer));
    this.#notes.replaceChildren(
      ...transfer.warnings.map((text) => element('p', { class: 'section-caption', text })),
    );
  }
}
