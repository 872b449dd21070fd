import { iconButton } from './button';
import { setAttribute } from './dom';
import { icon } from './icons';

/** The button that shows the numbers of a picture as a table, and back. */
export class TableToggle {
  readonly element: HTMLElement;
  readonly #what: string;
  #asTable = false;

  /** @param what the name of the picture, as the button's label says it */
  constructor(what: string, toggled: (asTable: boolean) => void) {
    this.#what = what;
    this.element = iconButton('', 'table', () => {
      toggled(!this.#asTable);
    });
    this.set(false);
  }

  set(asTable: boolean): void {
    this.#asTable = asTable;
    setAttribute(this.element, 'aria-pressed', String(asTable));
    const label = `Show ${this.#what} as a ${asTable ? 'plot' : 'table'}`;
    setAttribute(this.element, 'aria-label', label);
    this.element.title = label;
    this.element.replaceChildren(icon(asTable ? 'plot' : 'table'));
  }
}
