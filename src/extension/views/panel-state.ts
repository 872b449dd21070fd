import * as z from 'zod';
import { runRecord } from '../../core/records/run-files';

/** What a dashboard keeps over a reload of the window: which run it showed. */
export const panelState = z.object({ run: runRecord.shape.id });
