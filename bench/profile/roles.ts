import { callOf, type KernelCall } from './kernel-calls';
import type { ModelNode } from './read-model';

/** What a node of a training step is for. */
export const roles = [
  'convolution, forward',
  'convolution, input gradient',
  'convolution, transforms',
  'convolution, filter gradient (products)',
  'convolution, filter gradient (layout)',
  'filter layouts',
  'batch norm, forward',
  'batch norm, gradient',
  'pooling',
  'dense layers',
  'activation layouts',
  'attack update',
  'SGD update',
  'other',
] as const;

export type Role = (typeof roles)[number];

const layoutOps = new Set([
  'Transpose',
  'Reshape',
  'ReorderInput',
  'ReorderOutput',
  'Pad',
  'Slice',
  'Concat',
  'Split',
  'Gather',
]);

const products = new Set(['Gemm', 'MatMul', 'Conv', 'FusedGemm', 'FusedMatMul', 'Einsum']);

/** Roles of the nodes of a traced program, by the name of their first output. */
export function rolesOf(
  nodes: readonly ModelNode[],
  calls: readonly KernelCall[],
): ReadonlyMap<string, Role> {
  const producer = new Map(nodes.flatMap((node) => node.outputs.map((name) => [name, node] as const)));
  const call = new Map(nodes.map((node) => [node, callOf(calls, node.outputs[0] ?? '')]));
  const filters = filterNodes(nodes, producer);
  const gradients = [...call.values()].flatMap((known) => (known && isGradient(known.kernel) ? [known] : []));
  const lastGradient = Math.max(0, ...gradients.map(({ to }) => to));
  const updates = gradients.some(({ kernel }) => kernel === 'Conv2DBackpropFilter');

  const roleOf = (node: ModelNode): Role => {
    if (isConvolution(node)) {
      // Passes turn an addition into a convolution with a sum: the filter still tells where it came from.
      const filter = producer.get(node.inputs[1] ?? '');
      const kernel = (filter && call.get(filter)?.kernel) ?? call.get(node)?.kernel;
      if (kernel === 'Conv2DBackpropFilter') return 'convolution, filter gradient (products)';
      return kernel === 'Conv2DBackpropInput' ? 'convolution, input gradient' : 'convolution, forward';
    }
    if (filters.has(node)) return 'filter layouts';
    const { kernel = '', from = 0 } = call.get(node) ?? {};
    if (from >= lastGradient && lastGradient > 0) return updates ? 'SGD update' : 'attack update';
    if (kernel === 'Conv2DBackpropFilter') {
      return products.has(node.op)
        ? 'convolution, filter gradient (products)'
        : 'convolution, filter gradient (layout)';
    }
    if (kernel.includes('Pool')) return 'pooling';
    if (layoutOps.has(node.op)) return 'activation layouts';
    // Convolutions in Winograd's form: what is before and after their products.
    if (kernel === 'Conv2D' || kernel === 'Conv2DBackpropInput') return 'convolution, transforms';
    if (kernel.includes('BatchNorm'))
      return isGradient(kernel) ? 'batch norm, gradient' : 'batch norm, forward';
    if (kernel.includes('MatMul')) return 'dense layers';
    return 'other';
  };
  return new Map(nodes.map((node) => [node.outputs[0] ?? '', roleOf(node)]));
}

function isGradient(kernel: string): boolean {
  return /Backprop|Grad$/.test(kernel);
}

/** A convolution proper, not the depthwise 1x1 one that scales channels. */
function isConvolution({ op, group }: ModelNode): boolean {
  return (op === 'Conv' || op === 'ConvTranspose') && group === 1;
}

/** The nodes that only bring filters into the layout of their convolutions. */
function filterNodes(
  nodes: readonly ModelNode[],
  producer: ReadonlyMap<string, ModelNode>,
): ReadonlySet<ModelNode> {
  const found = new Set<ModelNode>();
  const follow = (name: string | undefined): void => {
    const node = producer.get(name ?? '');
    if (!node || found.has(node) || !layoutOps.has(node.op)) return;
    found.add(node);
    node.inputs.forEach(follow);
  };
  for (const node of nodes) if (isConvolution(node)) follow(node.inputs[1]);
  return found;
}
