import { modelFormats } from '../imported-model';
import type { FormatDefinition } from './define-format';

/** Every format, in the order in which a file is tried. */
export const formats: readonly FormatDefinition[] = modelFormats.map((id) => ({ id }));
