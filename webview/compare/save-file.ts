import { element } from '../controls/dom';
import type { CompareHost } from './compare-host';

/** Has the host save a file or, where there is none, the browser. */
export function saveFile(host: CompareHost, name: string, content: string | Uint8Array<ArrayBuffer>): void {
  if (host.answers) {
    host.post({ type: 'save', name, content });
    return;
  }
  const address = URL.createObjectURL(new Blob([content]));
  // eslint-disable-next-line no-restricted-syntax -- it leads to what this page has just made, to be saved
  const link = element('a');
  Object.assign(link, { href: address, download: name });
  link.click();
  setTimeout(() => {
    URL.revokeObjectURL(address);
  }, 0);
}
