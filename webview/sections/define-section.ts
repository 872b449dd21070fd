import type { RunRecord } from '../../src/core/records/run-files';
import type { Host } from '../state/host';
import type { Part } from '../../src/core/records/run-state';
import type { RunState } from '../state/run-state';

/** A section of the dashboard, before there is a page. */
export interface Section {
  /** The kinds of runs that it is shown for. */
  readonly kinds: readonly RunRecord['kind'][];
  /** The parts of the state that it depends on: it is drawn again when one of them changes, and only then. */
  readonly parts: readonly Part[];
  /** Below the header, in the wide column, in the one beside it for pictures, or at the end of the page. */
  readonly place: 'top' | 'main' | 'side' | 'end';
  /** Makes its elements, once a page. */
  open(page: SectionPage): OpenSection;
}

/** The page, as a section sees it. */
export interface SectionPage {
  readonly host: Host;
  /** Draws the section in the next frame: people changed something about it. */
  readonly redraw: () => void;
}

/** A section on its page. */
export interface OpenSection {
  readonly element: HTMLElement;
  /**
   * Shows the state as it is now.
   * @param changed parts of the state since it was drawn last; none where it asked for it
   * @returns whether there is something to show: it is hidden otherwise
   */
  draw(state: RunState, changed: ReadonlySet<Part>): boolean;
  /** Takes over colours for canvases after they changed. */
  restyle?(): void;
}

/** One entry of `sections` in `index.ts`. */
export function defineSection(section: Section): Section {
  return section;
}
