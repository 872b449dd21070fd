import type { FormatDefinition } from './define-format';
import { onnx } from './onnx';
import { graphModel, layersModel, onnxNetwork } from './tfjs';

/** Every format, in the order in which a file is tried; the first opens what none of them recognises. */
export const formats: readonly FormatDefinition[] = [layersModel, graphModel, onnx, onnxNetwork];
