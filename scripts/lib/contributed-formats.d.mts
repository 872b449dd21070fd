import type { FormatDefinition } from '../../src/core/models/formats/define-format';

export function formatNames(formats: readonly FormatDefinition[]): Record<string, string>;
export function withFormats<T extends object>(manifest: T, formats: readonly FormatDefinition[]): T;
