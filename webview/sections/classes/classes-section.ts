import { className } from '../../text/class-name';
import type { RunState } from '../../state/run-state';
import { classBars } from './class-bars';
import { ConfusionCard } from './confusion-card';
import { element } from '../../controls/dom';

/** Accuracies by class, and which classes are taken for which. */
export class ClassesSection {
  readonly #bars = element('div', { class: 'card class-card' });
  readonly #confusion = new ConfusionCard();
  readonly element = element(
    'section',
    { class: 'section', attributes: { 'aria-labelledby': 'classes-title' } },
    element(
      'header',
      { class: 'section-header' },
      element('h2', { text: 'Classes', attributes: { id: 'classes-title' } }),
    ),
    element(
      'div',
      { class: 'classes-frame' },
      element('div', { class: 'classes-grid' }, this.#bars, this.#confusion.element),
    ),
  );
  #shown = '';

  draw({ report, samples, galleries }: RunState): void {
    const analysis = report?.analysis;
    this.element.hidden = !analysis || analysis.classes.length === 0;
    if (!analysis) return;
    const classNames =
      report.classNames ?? samples?.grid.classNames ?? [...galleries.values()][0]?.grid.classNames ?? [];
    const shown = JSON.stringify([analysis.classes, analysis.confusion, classNames]);
    if (shown === this.#shown) return;
    this.#shown = shown;
    const name = (label: number) => className({ classNames: [...classNames] }, label);
    this.#bars.replaceChildren(classBars(analysis.classes, name));
    this.#confusion.draw(analysis.confusion, name);
  }
}
