import type { Corruptions } from '../../../src/core/records/run-state';
import { isComplete, originText } from '../../../src/core/report/corruption-means';
import { element, setText } from '../../controls/dom';
import { Mosaic } from '../../pictures/mosaic';
import * as format from '../../text/format';
import { defineSection } from '../define-section';
import { titledSection } from '../titled-section';
import { corruptionHeatMap } from './corruption-heat-map';

/** Accuracy under common corruptions, as a heat map with one image under each; hidden until that is measured. */
export const corruptionsSection = defineSection({
  kinds: ['train', 'attack'],
  parts: ['corruptions'],
  place: 'main',
  open({ redraw }) {
    const caption = element('span', { class: 'section-caption' });
    const mean = element('p', { class: 'corruptions-mean' });
    const frame = element('div', { class: 'corruptions-scroller' });
    const notes = element('div');
    const card = element('div', { class: 'card' }, mean, frame, notes);
    let shown: Corruptions | undefined;
    let mosaic: Mosaic | undefined;
    let drawn: { readonly corruptions: Corruptions; readonly mosaic: Mosaic | undefined } | undefined;

    const decode = async (corruptions: Corruptions): Promise<void> => {
      const { pictures } = corruptions;
      // Without its pictures the table says the same.
      const decoded = pictures && (await Mosaic.decode(pictures).catch(() => undefined));
      if (shown !== corruptions) {
        decoded?.close();
        return;
      }
      mosaic?.close();
      mosaic = decoded;
      redraw();
    };

    return {
      element: titledSection('corruptions', 'Common corruptions', [caption], card),
      draw({ corruptions }) {
        if (!corruptions) return false;
        if (corruptions !== shown) {
          shown = corruptions;
          void decode(corruptions);
        }
        if (drawn?.corruptions === corruptions && drawn.mosaic === mosaic) return true;
        drawn = { corruptions, mosaic };
        const { table } = corruptions;
        const rest = isComplete(table)
          ? ''
          : `, ${table.rows.length} of ${table.corruptions.length * table.severities.length} measured`;
        setText(
          caption,
          `${originText(table)}; ${format.counted(table.count, 'image')} of ${table.dataset}${rest}`,
        );
        setText(
          mean,
          `Mean accuracy ${format.percentWithin(table.meanAccuracy, table.meanAccuracyInterval)}, without corruption ` +
            format.percentWithin(table.cleanAccuracy, table.cleanAccuracyInterval),
        );
        frame.replaceChildren(corruptionHeatMap(table, mosaic));
        notes.replaceChildren(
          ...table.notes.map((text) =>
            element('p', { class: 'section-caption', text: `Differs from the published images. ${text}` }),
          ),
        );
        return true;
      },
    };
  },
});
