import { element } from './dom';
import { onChange } from './on-change';

export interface ChoiceOption {
  readonly value: string;
  readonly text: string;
}

/** One of many values, as a drop-down with its label. */
export class Choice {
  readonly #select = element('select');
  readonly element: HTMLElement;

  constructor(label: string, changed: () => void) {
    // The label holds the options as well, which are no part of the name.
    this.#select.setAttribute('aria-label', label);
    this.element = element('label', { class: 'choice' }, element('span', { text: label }), this.#select);
    this.#select.addEventListener('change', changed);
  }

  get value(): string {
    return this.#select.value;
  }

  set value(value: string) {
    this.#select.value = value;
  }

  /** A value that is no option any more gives way to the first one. */
  readonly setOptions = onChange((options: readonly ChoiceOption[]) => {
    const { value } = this.#select;
    this.#select.replaceChildren(
      ...options.map((option) =>
        element('option', { text: option.text, attributes: { value: option.value } }),
      ),
    );
    this.#select.value = options.some((option) => option.value === value) ? value : (options[0]?.value ?? '');
  });
}
