import type { onnx } from 'onnx-proto';
import { M2atError } from '../../errors';
import { toNumber } from './numbers';
import type { TensorShape } from '../graph/graph';
import { forwardOnlyHint } from './forward-only-hint';

/** An input or output as a file declares it. */
export interface Declaration {
  readonly name: string;
  /** ONNX's number of the element type; 0 where it isn't declared. */
  readonly elementType: number;
  readonly shape: TensorShape | undefined;
}

/** Dimensions above this are taken for damage. */
const maxDimension = 2 ** 24;

export function readDeclaration(info: onnx.IValueInfoProto, modelFile: string): Declaration {
  const name = info.name ?? '';
  const tensor = info.type?.tensorType;
  const shape = tensor?.shape?.dim?.map(({ dimValue }) => {
    if (dimValue === null || dimValue === undefined) return null;
    const size = toNumber(dimValue);
    if (size > maxDimension) {
      throw new M2atError('checkpoint', `declares a dimension of ${size}`, {
        where: `${modelFile}: value ${name}`,
      });
    }
    // Some exporters write 0 or -1 for a dimension that is open.
    return size > 0 ? size : null;
  });
  return { name, elementType: tensor?.elemType ?? 0, shape };
}

/** What a model file says about itself. */
export function readMetadata(model: onnx.IModelProto): Readonly<Record<string, string>> {
  const said: Record<string, string | null | undefined> = {
    producer: [model.producerName, model.producerVersion].filter(Boolean).join(' '),
    domain: model.domain,
    description: model.docString,
    graph: model.graph?.name,
  };
  for (const { key, value } of model.metadataProps ?? []) if (key) said[key] = value;
  return Object.fromEntries(Object.entries(said).flatMap(([key, value]) => (value ? [[key, value]] : [])));
}

/**
 * The one image input of a model. Older files list their initializers as inputs too.
 * @param accepts which element types, by ONNX's number
 * @throws M2atError `checkpoint` when there is none, or several, or one of another type or number of dimensions;
 * `unsupported` for bytes where they are not accepted
 */
export function imageInput(
  inputs: readonly Declaration[],
  isInitializer: (name: string) => boolean,
  modelFile: string,
  accepts: (elementType: number) => boolean = isFloat,
): Declaration & { shape: TensorShape } {
  const open = inputs.filter(({ name }) => !isInitializer(name));
  const [input] = open;
  const refuse = (what: string): M2atError =>
    new M2atError('checkpoint', `no image classifier: ${what}`, {
      where: modelFile,
      hint: 'Expected one input of floating-point images, [N, C, H, W] or [N, H, W, C], and class scores as output.',
    });
  if (!input || open.length !== 1) {
    throw refuse(
      `it has ${open.length} inputs${open.length ? ` (${open.map(({ name }) => name).join(', ')})` : ''}`,
    );
  }
  if (!accepts(input.elementType)) {
    if (input.elementType !== UINT8) {
      throw refuse(`its input ${input.name} has elements of type ${input.elementType}`);
    }
    throw new M2atError('unsupported', `no gradients: its input ${input.name} takes whole numbers (uint8)`, {
      where: modelFile,
      hint: forwardOnlyHint,
    });
  }
  const shape = input.shape ?? [null, null, null, null];
  if (shape.length !== 4) throw refuse(`its input ${input.name} has ${shape.length} dimensions`);
  return { ...input, shape };
}

/** ONNX's number for bytes. */
export const UINT8 = 2;

/** float, float16, double, bfloat16. */
export function isFloat(elementType: number): boolean {
  return [1, 10, 11, 16].includes(elementType);
}
