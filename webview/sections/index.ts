import { attackSection } from './attacks/attack-section';
import { classesSection } from './classes/classes-section';
import { corruptionsSection } from './corruptions/corruptions-section';
import { curvesSection } from './curves/curves-section';
import type { Section } from './define-section';
import { finalSection } from './final';
import { gallerySection } from './gallery/gallery-section';
import { keyNumbersSection } from './key-numbers/key-numbers-section';
import { metricsSection } from './metrics/metrics-section';
import { normsSection } from './norms/norms-section';
import { samplesSection } from './samples';
import { settingsSection } from './settings/settings-section';
import { summarySection } from './summary/summary-section';
import { transferSection } from './transfer/transfer-section';
import { warningsSection } from './warnings';

/** The sections of the dashboard, in the order in which they stand in their place on the page. */
export const sections: readonly Section[] = [
  warningsSection,
  keyNumbersSection,
  finalSection,
  attackSection,
  transferSection,
  corruptionsSection,
  curvesSection,
  normsSection,
  classesSection,
  metricsSection,
  samplesSection,
  gallerySection,
  settingsSection,
  summarySection,
];
