import * as z from 'zod';

/** What the entries of a list are told apart by. */
export interface Named {
  readonly name: string;
}

/** Schema of an object whose `name` is the name of an entry. */
export type NamedSchema<Output extends Named = Named> = z.ZodType<
  Output,
  Named & Readonly<Record<string, unknown>>
> &
  z.core.$ZodTypeDiscriminable;

/** One entry of the list, with its parameters, by its name. @throws RangeError for an empty list */
export function oneOf<Output extends Named>(
  list: readonly { readonly parameters: NamedSchema<Output> }[],
): NamedSchema<Output> {
  const [first, ...others] = list.map(({ parameters }) => parameters);
  if (!first) throw new RangeError('A list of definitions is empty.');
  return others.length === 0 ? first : z.discriminatedUnion('name', [first, ...others]);
}
