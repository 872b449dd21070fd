import type { DeviceRecord } from '../../src/core/records/run-files';
import { deviceText } from './device-text';
import { element } from '../controls/dom';
import { onChange } from '../controls/on-change';
import { icon } from '../controls/icons';

/** What computes a run, and what is not as it was asked for. */
export class DeviceLine {
  readonly element = element('div', { class: 'device-line' });

  readonly draw = onChange((details: DeviceRecord | undefined) => {
    const device = deviceText(details);
    this.element.hidden = device === undefined;
    if (!device) return;
    this.element.replaceChildren(
      element('span', { text: device.text, title: device.detail }),
      ...device.warnings.map(({ text, detail }) =>
        element(
          'span',
          {
            class: 'device-warning',
            title: detail,
            // A tooltip needs a pointer: a screen reader and the keyboard get the whole text as well.
            attributes: { role: 'note', tabindex: '0', 'aria-label': `${text}. ${detail}` },
          },
          icon('warning'),
          text,
        ),
      ),
    );
  });
}
