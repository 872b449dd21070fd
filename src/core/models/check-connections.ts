import * as z from 'zod';
import { M2atError } from '../errors';

const source = z.tuple([z.string(), z.int().min(0), z.int().min(0)], z.unknown());

const connected = z.array(
  z.looseObject({
    name: z.string().optional(),
    class_name: z.string(),
    config: z.unknown(),
    inbound_nodes: z.array(z.array(source)).optional(),
  }),
);

const withInput = new Set(['InputLayer', 'Functional', 'Model', 'Sequential']);

/**
 * Checks that the calls of a functional model's layers can be made one after the other: TF.js would wait forever for a
 * result that never comes.
 * @param layers `config.layers` of the model
 * @throws M2atError `checkpoint` for a cycle, or a call on a result that is not there
 */
export function checkConnections(layers: readonly unknown[], where: string): void {
  const parsed = connected.safeParse(layers);
  if (!parsed.success) {
    const path = parsed.error.issues[0]?.path.join('.') ?? '';
    throw new M2atError('checkpoint', 'no layers that are connected', { where: `${where}.${path}` });
  }
  // How many times each layer has been called; inputs and models were, when they were made.
  const made = new Map<string, number>();
  let open = parsed.data.flatMap(({ name = '', class_name, inbound_nodes = [] }) => {
    made.set(name, withInput.has(class_name) ? 1 : 0);
    // A call on nothing is passed over by TF.js, so that it has no result.
    return inbound_nodes.filter(({ length }) => length > 0).map((sources) => ({ name, sources }));
  });
  while (open.length > 0) {
    const left = open.filter(({ name, sources }) => {
      if (!sources.every(([layer, call]) => call < (made.get(layer) ?? 0))) return true;
      made.set(name, (made.get(name) ?? 0) + 1);
      return false;
    });
    if (left.length === open.length) {
      throw new M2atError(
        'checkpoint',
        `the layer ${left[0]?.name ?? ''} waits for a result that never comes`,
        {
          where,
          hint: 'inbound_nodes names a layer or a call that is not there: convert or save the model again.',
        },
      );
    }
    open = left;
  }
}
