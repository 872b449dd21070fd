import * as z from 'zod';
import { plainPath, shownText } from '../text-schema';

/** What a request or a record says of a data set; the one of that name knows whether it can be so. */
export const namedDataset = z.looseObject({ name: shownText, folder: plainPath.optional() });
export type NamedDataset = Readonly<z.output<typeof namedDataset>>;
