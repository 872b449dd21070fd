import { element } from '../controls/dom';
import { icon } from '../controls/icons';
import { onChange } from '../controls/on-change';
import { defineSection } from './define-section';

/** What stands in the way of trusting the numbers of a run, and what a training saw go wrong. */
export const warningsSection = defineSection({
  kinds: ['train', 'attack'],
  parts: ['record', 'report'],
  place: 'top',
  open() {
    const list = element('ul', { class: 'warnings', attributes: { 'aria-label': 'Warnings' } });
    const show = onChange((warnings: readonly string[]) => {
      list.replaceChildren(
        ...warnings.map((text) => element('li', {}, icon('warning'), element('span', { text }))),
      );
    });
    return {
      element: list,
      draw({ record, report }) {
        const signs = (record?.signs ?? []).map(({ message, advice = '' }) => `${message} ${advice}`.trim());
        const warnings = [...signs, ...(record?.warnings ?? []), ...(report?.warnings ?? [])];
        show(warnings);
        return warnings.length > 0;
      },
    };
  },
});
