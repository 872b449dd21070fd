import {
  galleryOrders,
  outcomeFilters,
  type GalleryChoice,
  type GalleryOrder,
  type OutcomeFilterValue,
} from './gallery-view';
import { filterLabel, outcomeNames } from './gallery-text';
import { Choice } from '../../controls/choice';
import { element } from '../../controls/dom';
import { RadioChoice } from '../../controls/radio-choice';

const orders: Readonly<Record<GalleryOrder, string>> = {
  index: 'Index',
  smallest: 'Smallest norm',
  largest: 'Largest norm',
  confident: 'Most confident',
  unsure: 'Least confident',
};

type Counts = Readonly<Record<OutcomeFilterValue, number>>;

const ANY = '';

/** Which pictures a gallery shows: of which attack, which outcome, which classes, in which order. */
export class GalleryControls {
  readonly #attack: Choice;
  readonly #outcome: RadioChoice<OutcomeFilterValue>;
  readonly #label: Choice;
  readonly #predicted: Choice;
  readonly #order: Choice;
  readonly element: HTMLElement;

  constructor(attackChanged: () => void, choiceChanged: () => void) {
    this.#attack = new Choice('Attack', attackChanged);
    this.#outcome = new RadioChoice('Pictures of images', outcomeFilters, outcomeNames, choiceChanged);
    this.#label = new Choice('Class', choiceChanged);
    this.#predicted = new Choice('Predicted', choiceChanged);
    this.#order = new Choice('Sort by', choiceChanged);
    this.setOrders(galleryOrders);
    this.#attack.element.classList.add('choice-wide');
    this.element = element(
      'div',
      { class: 'gallery-controls', attributes: { role: 'group', 'aria-label': 'Pictures to show' } },
      this.#attack.element,
      this.#outcome.element,
      element('div', { class: 'choices' }, this.#label.element, this.#predicted.element, this.#order.element),
    );
  }

  get attack(): number {
    return Number(this.#attack.value);
  }

  set attack(place: number) {
    this.#attack.value = String(place);
  }

  get choice(): GalleryChoice {
    return {
      outcome: this.#outcome.value,
      label: classOf(this.#label.value),
      predicted: classOf(this.#predicted.value),
      order: galleryOrders.find((order) => order === this.#order.value) ?? 'index',
    };
  }

  setAttacks(attacks: readonly { place: number; title: string }[]): void {
    this.#attack.setOptions(attacks.map(({ place, title }) => ({ value: String(place), text: title })));
    this.#attack.element.hidden = attacks.length < 2;
  }

  setClasses(labels: readonly number[], predicted: readonly number[], name: (label: number) => string): void {
    const options = (classes: readonly number[]) => [
      { value: ANY, text: 'any' },
      ...classes.map((label) => ({ value: String(label), text: name(label) })),
    ];
    this.#label.setOptions(options(labels));
    this.#predicted.setOptions(options(predicted));
  }

  setOrders(values: readonly GalleryOrder[]): void {
    this.#order.setOptions(values.map((value) => ({ value, text: orders[value] })));
  }

  /** @param images with each outcome, where they are known: a gallery has pictures of some */
  setCounts(pictures: Counts, images: Counts | undefined): void {
    for (const value of outcomeFilters) this.#outcome.setLabel(value, filterLabel(value, pictures, images));
  }
}

function classOf(value: string): number | undefined {
  return value === ANY ? undefined : Number(value);
}
