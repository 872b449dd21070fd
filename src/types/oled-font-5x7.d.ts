/** A font of five by seven pixels. */
declare module 'oled-font-5x7' {
  const font: {
    readonly width: number;
    readonly height: number;
    /** A byte a column of a character, its lowest bit on top. */
    readonly fontData: readonly number[];
    /** The characters, in their order. */
    readonly lookup: readonly string[];
  };
  export default font;
}
