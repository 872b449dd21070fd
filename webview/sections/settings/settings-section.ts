import type { RunState } from '../../state/run-state';
import { runSettings, type FactTable } from './run-settings';
import { element } from '../../controls/dom';

/** Everything that the numbers of an attack run depend on, closed at first. */
export class SettingsSection {
  readonly #tables = element('div', { class: 'settings-tables' });
  readonly element = element(
    'details',
    { class: 'card settings' },
    element('summary', {}, element('h2', { text: 'Settings of this run' })),
    this.#tables,
  );
  #shown = '';

  draw({ record, report }: RunState): void {
    this.element.hidden = !record || !report;
    if (!record || !report) return;
    const tables = runSettings(record, report);
    const shown = JSON.stringify(tables);
    if (shown === this.#shown) return;
    this.#shown = shown;
    this.#tables.replaceChildren(...tables.map(factTable));
  }
}

function factTable({ title, facts }: FactTable): HTMLElement {
  return element(
    'table',
    { class: 'facts-table' },
    element('caption', { text: title }),
    element(
      'tbody',
      {},
      ...facts.map(({ name, value }) =>
        element(
          'tr',
          {},
          element('th', { text: name, attributes: { scope: 'row' } }),
          element('td', { text: value }),
        ),
      ),
    ),
  );
}
