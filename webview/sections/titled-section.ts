import { element, type Child } from '../controls/dom';

/** The frame of a section: a heading, what stands beside it, and below it the contents. @param name unique on the page */
export function titledSection(
  name: string,
  title: string,
  beside: readonly Child[],
  ...contents: readonly Child[]
): HTMLElement {
  const id = `${name}-title`;
  const heading = element('h2', { text: title, attributes: { id } });
  return element(
    'section',
    { class: 'section', attributes: { 'aria-labelledby': id } },
    element('header', { class: 'section-header' }, heading, ...beside),
    ...contents,
  );
}
