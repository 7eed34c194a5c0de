import { createCacheHandler } from 'cachex/next';
import { open } from './node.mjs';

export default createCacheHandler(open);
