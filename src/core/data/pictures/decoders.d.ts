/** What is used of the decoders that are compiled to WebAssembly. */

declare module '@cornerstonejs/codec-libjpeg-turbo-8bit/decodewasmjs' {
  interface JpegDecoder {
    /** Where the file is to be put. */
    getEncodedBuffer(bytes: number): Uint8Array;
    decode(): void;
    /** Valid until the decoder is used or deleted. */
    getDecodedBuffer(): Uint8ClampedArray;
    getFrameInfo(): { readonly width: number; readonly height: number; readonly componentCount: number };
    delete(): void;
  }
  export default function create(options: {
    readonly wasmBinary: Uint8Array;
  }): Promise<{ readonly JPEGDecoder: new () => JpegDecoder }>;
}

declare module '@cornerstonejs/codec-libjpeg-turbo-8bit/decodewasm' {
  const wasm: Uint8Array<ArrayBuffer>;
  export default wasm;
}

declare module '@jsquash/webp/codec/dec/webp_dec.js' {
  export default function create(options: {
    readonly noInitialRun: boolean;
    readonly wasmBinary: Uint8Array;
  }): Promise<{
    /** Red, green, blue and opacity. */
    decode(
      bytes: Uint8Array,
    ): { readonly width: number; readonly height: number; readonly data: Uint8ClampedArray } | null;
  }>;
}

declare module '@jsquash/webp/codec/dec/webp_dec.wasm' {
  const wasm: Uint8Array<ArrayBuffer>;
  export default wasm;
}
