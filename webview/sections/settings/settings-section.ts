import { element } from '../../controls/dom';
import { onChange } from '../../controls/on-change';
import { defineSection } from '../define-section';
import { runSettings, type FactTable } from './run-settings';

/** Everything that the numbers of an attack run depend on, closed at first. */
export const settingsSection = defineSection({
  kinds: ['attack'],
  parts: ['record', 'report'],
  place: 'end',
  open() {
    const tables = element('div', { class: 'settings-tables' });
    const heading = element('summary', {}, element('h2', { text: 'Settings of this run' }));
    const show = onChange((shown: readonly FactTable[]) => {
      tables.replaceChildren(...shown.map(factTable));
    });
    return {
      element: element('details', { class: 'card settings' }, heading, tables),
      draw({ record, report }) {
        if (!record || !report) return false;
        show(runSettings(record, report));
        return true;
      },
    };
  },
});

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
