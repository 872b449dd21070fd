import type * as tf from '@tensorflow/tfjs';
import { TensorValue } from './value';
import { fromForm, type StoredForm } from './weight-forms';

/** A weight that is trained, in the form that its readers want. */
export class WeightValue extends TensorValue {
  /** @param shape in ONNX's order */
  constructor(
    tensor: tf.Tensor,
    private readonly fileShape: readonly number[],
    readonly stored: StoredForm,
  ) {
    super(tensor);
  }

  override get shape(): number[] {
    return [...this.fileShape];
  }

  override plain(): tf.Tensor {
    return fromForm(this.tensor, this.fileShape, this.stored);
  }
}
