/**
 * Keeps compiled code beside the dependencies, where whoever installed them may write. JavaScript,
 * and preloaded by `npm start`, so that it works for the first TypeScript too: with a warm cache
 * Node need not load what strips types (15 MiB and 40 ms).
 */
import * as nodeModule from 'node:module';
import { fileURLToPath } from 'node:url';

const cache = fileURLToPath(new URL('../node_modules/.cache/threadcast', import.meta.url));
// A Node that has no such cache is too old for the rest too, and is to hear it from main.ts.
if ('enableCompileCache' in nodeModule) nodeModule.enableCompileCache(cache);
