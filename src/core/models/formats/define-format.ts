/** A format of model files, as everybody may know it. */
export interface FormatDefinition {
  readonly id: string;
}
