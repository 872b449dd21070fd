import type * as z from 'zod';
import type { Registry } from '../../src/core/registry/registry';

export function listsPage(registry: Registry, toJsonSchema: typeof z.toJSONSchema): string;
