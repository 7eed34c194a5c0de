import { createIncrementalCacheHandler } from 'cachex/next';
import { open } from './node.mjs';

export default createIncrementalCacheHandler(open);
