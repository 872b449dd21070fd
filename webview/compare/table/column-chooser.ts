import { NAME_COLUMN, type CompareColumn } from '../../../src/core/report/compare/compare-columns';
import type { CompareView } from '../../../src/core/report/compare/compare-view';
import { element } from '../../controls/dom';
import { icon } from '../../controls/icons';
import { onChange } from '../../controls/on-change';

/** Which columns are shown, and which of them stay in sight. */
export class ColumnChooser {
  readonly element: HTMLElement;
  readonly #list = element('ul', { class: 'column-list' });
  readonly #change: (part: Partial<CompareView>) => void;
  #columns: readonly CompareColumn[] = [];
  #view: Pick<CompareView, 'shown' | 'pinned'> = { shown: {}, pinned: [] };

  constructor(change: (part: Partial<CompareView>) => void) {
    this.#change = change;
    const details = element(
      'details',
      { class: 'column-chooser' },
      element('summary', {}, icon('columns'), 'Columns'),
      this.#list,
    );
    // Like any menu it closes with Escape, or where something else is pressed.
    details.addEventListener('keydown', ({ key }) => {
      if (key !== 'Escape') return;
      details.open = false;
      details.querySelector('summary')?.focus();
    });
    document.addEventListener('pointerdown', ({ target }) => {
      if (target instanceof Node && !details.contains(target)) details.open = false;
    });
    this.element = details;
  }

  draw(columns: readonly CompareColumn[], { shown, pinned }: CompareView): void {
    this.#columns = columns.filter(({ id }) => id !== NAME_COLUMN);
    this.#view = { shown, pinned };
    this.#show(
      this.#columns.map(({ id, title, images, about, shown: usual }) => ({
        ...{ id, about, isShown: shown[id] ?? usual, isPinned: pinned.includes(id) },
        title: images === undefined ? title : `${title} · ${images}`,
      })),
    );
  }

  readonly #show = onChange(
    (
      entries: readonly { id: string; title: string; about: string; isShown: boolean; isPinned: boolean }[],
    ) => {
      const focused = document.activeElement?.getAttribute('data-choice');
      this.#list.replaceChildren(
        ...entries.map(({ id, title, about, isShown, isPinned }) => {
          const box = element('input', { attributes: { type: 'checkbox', 'data-choice': `show ${id}` } });
          box.checked = isShown;
          box.addEventListener('change', () => {
            this.#change({ shown: { ...this.#view.shown, [id]: box.checked } });
          });
          const pin = element(
            'button',
            {
              class: 'pin-button',
              title: isPinned ? 'Let it scroll' : 'Keep it in sight',
              attributes: {
                ...{ type: 'button', 'aria-pressed': String(isPinned), 'data-choice': `pin ${id}` },
                'aria-label': `Keep ${title} in sight`,
              },
            },
            icon('pin'),
          );
          pin.addEventListener('click', () => {
            const others = this.#view.pinned.filter((one) => one !== id);
            this.#change({ pinned: isPinned ? others : [...others, id] });
          });
          return element(
            'li',
            {},
            element('label', { title: about }, box, element('span', { text: title })),
            pin,
          );
        }),
      );
      if (focused !== null && focused !== undefined) {
        const again = [...this.#list.querySelectorAll('[data-choice]')].find(
          (one) => one.getAttribute('data-choice') === focused,
        );
        if (again instanceof HTMLElement) again.focus();
      }
    },
  );
}
