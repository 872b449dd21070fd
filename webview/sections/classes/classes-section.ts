import type { ReportAnalysis } from '../../../src/core/records/run-files';
import { element } from '../../controls/dom';
import { onChange } from '../../controls/on-change';
import { className } from '../../text/class-name';
import { defineSection } from '../define-section';
import { titledSection } from '../titled-section';
import { classBars } from './class-bars';
import { ConfusionCard } from './confusion-card';

/** Accuracies by class, and which classes are taken for which. */
export const classesSection = defineSection({
  kinds: ['attack'],
  parts: ['record', 'report'],
  place: 'main',
  open() {
    const bars = element('div', { class: 'card class-card' });
    const confusionCard = new ConfusionCard();
    const grid = element('div', { class: 'classes-grid' }, bars, confusionCard.element);
    type Shown = Pick<ReportAnalysis, 'classes' | 'confusion'> & { readonly classNames: readonly string[] };
    const show = onChange(({ classes, confusion, classNames }: Shown) => {
      const name = (label: number) => className({ classNames: [...classNames] }, label);
      bars.replaceChildren(classBars(classes, name));
      confusionCard.draw(confusion, name);
    });
    return {
      element: titledSection('classes', 'Classes', [], element('div', { class: 'classes-frame' }, grid)),
      draw({ report, samples, galleries }) {
        if (!report?.analysis || report.analysis.classes.length === 0) return false;
        const { classes, confusion } = report.analysis;
        const [first] = galleries.values();
        const classNames = report.classNames ?? samples?.grid.classNames ?? first?.grid.classNames ?? [];
        show({ classes, confusion, classNames });
        return true;
      },
    };
  },
});
