import { button } from '../controls/button';
import { DataTable } from '../controls/data-table';
import { element } from '../controls/dom';
import { TableToggle } from '../controls/table-toggle';
import type { TableSource } from '../text/table-source';
import { chartDrawing, type Chart } from './chart-drawing';
import type { ComparePage } from './compare-section';
import { drawnElement, pngOf, svgFile } from './drawing';
import { saveFile } from './save-file';

/** A drawn chart with its numbers as a table, and as a file. */
export class ChartCard {
  readonly element: HTMLElement;
  readonly #page: ComparePage;
  readonly #field = element('div', { class: 'chart-field' });
  readonly #table = new DataTable();
  readonly #title: string;
  #shown: { readonly chart: Chart; readonly table: TableSource } | undefined;

  /** @param id no other card has it */
  constructor(
    page: ComparePage,
    id: string,
    { title, note = '', about }: { readonly title: string; readonly note?: string; readonly about: string },
  ) {
    this.#page = page;
    this.#title = title;
    const heading = `chart-${id.replaceAll(/\W+/g, '-')}`;
    const toggle = new TableToggle(title.toLowerCase(), (asTable) => {
      toggle.set(asTable);
      this.#field.hidden = asTable;
      this.#table.element.hidden = !asTable;
    });
    this.#table.element.hidden = true;
    const save = (kind: 'SVG' | 'PNG', icon: 'save' | 'picture'): HTMLElement =>
      button({
        ...{ label: kind, icon, appearance: 'icon', title: `Save ${title} as ${kind}` },
        onClick: () => {
          this.#save(kind);
        },
      });
    this.element = element(
      'section',
      { class: 'card plot-card', attributes: { 'aria-labelledby': heading, 'data-chart': id } },
      element(
        'header',
        { class: 'card-header' },
        element('h3', { text: title, title: about, attributes: { id: heading } }),
        element('span', { class: 'section-caption', text: note }),
        save('SVG', 'save'),
        save('PNG', 'picture'),
        toggle.element,
      ),
      this.#field,
      this.#table.element,
    );
  }

  draw(chart: Chart, table: TableSource): void {
    this.#shown = { chart, table };
    const { legend, ...shown } = chart;
    const names = (legend ?? []).map(({ name }) => name).join(', ');
    this.#field.replaceChildren(
      drawnElement(chartDrawing(shown, this.#page.theme()), `${chart.title}: ${names}`),
    );
    this.#table.show(table);
  }

  #save(kind: 'SVG' | 'PNG'): void {
    if (!this.#shown) return;
    const made = chartDrawing({ legend: [], ...this.#shown.chart }, this.#page.theme());
    const name = `${this.#title.replaceAll(/[^\w.-]+/g, '-').slice(0, 60)}.${kind.toLowerCase()}`;
    if (kind === 'SVG') saveFile(this.#page.host, name, svgFile(made));
    else
      void pngOf(made).then((png) => {
        saveFile(this.#page.host, name, png);
      });
  }
}
