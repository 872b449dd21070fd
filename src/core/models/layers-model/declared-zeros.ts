import * as tf from '@tensorflow/tfjs';
import { sizeOf } from '../../engine/arrays/nd-array';

/** How many numbers each model under construction may still allocate. */
const budgets = new Map<number, number>();
let lastBudget = 0;

/** Opens a budget of so many numbers. Close it with {@link closeBudget}. */
export function openBudget(numbers: number): number {
  lastBudget += 1;
  budgets.set(lastBudget, numbers);
  return lastBudget;
}

export function closeBudget(budget: number): void {
  budgets.delete(budget);
}

/** The entry of a topology for an initialiser that draws on a budget. */
export function declaredZeros(budget: number): { class_name: string; config: { budget: number } } {
  return { class_name: DeclaredZeros.className, config: { budget } };
}

/**
 * Zeros, but only as many as the checkpoint's weight files hold: a model.json that declares a layer of
 * terabytes fails before anything is allocated. Written to a file again, it calls itself by the built-in name.
 */
class DeclaredZeros extends tf.serialization.Serializable {
  static readonly className = 'M2atDeclaredZeros';
  private readonly budget: number;

  constructor({ budget }: tf.serialization.ConfigDict) {
    super();
    this.budget = Number(budget);
  }

  override getClassName(): string {
    return 'Zeros';
  }

  getConfig(): tf.serialization.ConfigDict {
    return {};
  }

  apply(shape: number[], dtype?: tf.DataType): tf.Tensor {
    const size = sizeOf(shape);
    const left = budgets.get(this.budget) ?? 0;
    if (!(size <= left)) {
      throw new RangeError(
        `it needs a weight of shape [${shape.join(', ')}], more than its weight files hold (${left} numbers left)`,
      );
    }
    budgets.set(this.budget, left - size);
    return tf.zeros(shape, dtype);
  }
}

tf.serialization.registerClass(DeclaredZeros);
