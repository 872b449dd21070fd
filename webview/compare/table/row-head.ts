import { rowName } from '../../../src/core/report/compare/compare-columns';
import type { CompareView } from '../../../src/core/report/compare/compare-view';
import type { ComparedRow } from '../../../src/core/report/compare/compared-row';
import { element, setAttribute, setText } from '../../controls/dom';
import { icon, type IconName } from '../../controls/icons';
import type { ComparePage } from '../compare-section';

interface RowActions {
  readonly baseline: HTMLButtonElement;
  readonly difference: HTMLButtonElement;
  readonly marks: readonly HTMLButtonElement[];
}

/** The first cell of a run: its colour, which is also whether the pictures show it, its star, its name, and what can be done. */
export class RowHead {
  readonly element: HTMLElement;
  readonly #page: ComparePage;
  readonly #shown = element('input', { class: 'row-shown', attributes: { type: 'checkbox' } });
  readonly #star: HTMLButtonElement;
  readonly #name: HTMLButtonElement;
  readonly #change: (part: Partial<CompareView>) => void;
  readonly #place = element('span', { class: 'row-actions' });
  #actions: RowActions | undefined;
  #row: ComparedRow | undefined;
  #isBaseline = false;

  constructor(page: ComparePage, change: (part: Partial<CompareView>) => void) {
    this.#page = page;
    this.#change = change;
    const { host } = page;
    this.#shown.addEventListener('change', () => {
      const run = this.#row?.record.id;
      if (run === undefined) return;
      const others = host.saved.hidden.filter((one) => one !== run);
      host.save({ hidden: this.#shown.checked ? others : [...others, run] });
      page.redraw();
    });
    this.#star = this.#button('star', () => {
      const { id = '', marks } = this.#row?.record ?? {};
      host.post({ type: 'mark', run: id, change: { star: marks?.star !== true } });
    });
    this.#name = element('button', { class: 'row-name', attributes: { type: 'button' } });
    this.#name.addEventListener('click', () => {
      if (this.#row) host.post({ type: 'open', run: this.#row.record.id });
    });
    this.element = element('div', { class: 'row-head' }, this.#shown, this.#star, this.#name, this.#place);
    this.element.addEventListener('focusin', () => {
      this.showActions();
    });
  }

  /** What can be done with the run: made when somebody comes near, because most rows are only read. */
  showActions(): void {
    if (this.#actions) return;
    const { host } = this.#page;
    const baseline = this.#button('flag', () => {
      const { key } = this.#row ?? {};
      const isBaseline = key === host.saved.view.baseline;
      this.#change({ baseline: isBaseline ? undefined : key });
    });
    const difference = this.#button('difference', () => {
      const base = this.#base();
      const run = this.#row?.record.id;
      if (base !== undefined && run !== undefined) host.post({ type: 'settings', runs: [base, run] });
    });
    const ask = (what: 'name' | 'note' | 'tags', picture: IconName): HTMLButtonElement =>
      this.#button(picture, () => {
        if (this.#row) host.post({ type: 'ask', run: this.#row.record.id, what });
      });
    const marks = [ask('name', 'modify'), ask('tags', 'tag'), ask('note', 'note')];
    this.#actions = { baseline, difference, marks };
    this.#place.append(baseline, difference, ...marks);
    this.#drawActions();
  }

  draw(row: ComparedRow, isBaseline: boolean): void {
    this.#row = row;
    const { host, state, colours } = this.#page;
    const { record } = row;
    const name = rowName(row);
    const canMark = host.answers && state.trusted;
    this.#shown.checked = !host.saved.hidden.includes(record.id);
    this.#shown.style.accentColor = colours().get(record.id) ?? '';
    label(this.#shown, `Show ${name} in the pictures`);
    setText(this.#name, name);
    this.#name.title = host.answers ? `Open the dashboard of ${name}` : name;
    this.#name.disabled = !host.answers;
    const isStarred = record.marks?.star === true;
    setAttribute(this.#star, 'aria-pressed', String(isStarred));
    label(this.#star, isStarred ? `Take the star of ${name} away` : `Give ${name} a star`);
    this.#star.hidden = !canMark && !isStarred;
    this.#star.disabled = !canMark;
    this.#isBaseline = isBaseline;
    if (isBaseline) this.showActions();
    this.#drawActions();
  }

  #drawActions(): void {
    const { host, state } = this.#page;
    if (!this.#actions || !this.#row) return;
    const { baseline, difference, marks } = this.#actions;
    const { record } = this.#row;
    const name = rowName(this.#row);
    setAttribute(baseline, 'aria-pressed', String(this.#isBaseline));
    label(
      baseline,
      this.#isBaseline ? 'Compare with no baseline' : `Show how far the others are from ${name}`,
    );
    const base = this.#base();
    difference.hidden = !host.answers || base === undefined || base === record.id;
    label(difference, `Settings of ${name} beside those of the baseline`);
    const titles = [`Rename ${name}…`, `Tags of ${name}…`, `Note on ${name}…`];
    marks.forEach((one, at) => {
      one.hidden = !host.answers || !state.trusted;
      label(one, titles[at] ?? '');
    });
  }

  /** The run of the baseline. */
  #base(): string | undefined {
    const { baseline } = this.#page.host.saved.view;
    return this.#page.state.rows.find(({ key }) => key === baseline)?.record.id;
  }

  #button(picture: IconName, pressed: () => void): HTMLButtonElement {
    const made = element(
      'button',
      { class: `row-button row-${picture}`, attributes: { type: 'button' } },
      icon(picture),
    );
    made.addEventListener('click', pressed);
    return made;
  }
}

function label(target: HTMLElement, text: string): void {
  setAttribute(target, 'aria-label', text);
  if (target.title !== text) target.title = text;
}
