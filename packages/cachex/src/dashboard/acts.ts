import { describe, suggestion } from '../describe.ts';
import { CacheError } from '../errors.ts';
import type { Act } from './frame.ts';
import type { DashboardSource } from './source.ts';

/** Does what a reader with the token asks for; answers with what came of it, in words. What is no such wish is `INVALID_OPTION`. */
export async function perform(source: DashboardSource, wish: unknown): Promise<string> {
  const asked = (typeof wish === 'object' && wish !== null ? wish : {}) as Partial<Record<string, unknown>>;
  const { act } = asked as { act?: Act['act'] };
  switch (act) {
    case 'setWeight': {
      const id = asked.node ?? source.node.id;
      await source.node.setWeight(asked.weight as number, { node: id as string });
      return `${id} has the weight ${asked.weight}`;
    }
    case 'clear': {
      const removed = await cacheNamed(source, asked.cache).clear();
      return `${removed} ${removed === 1 ? 'entry' : 'entries'} of ${asked.cache} removed`;
    }
    case 'del': {
      const removed = await cacheNamed(source, asked.cache).del(asked.key as never);
      return removed ? 'the key was deleted' : 'there is no such key';
    }
    default: {
      const hint = suggestion(String(act), ['setWeight', 'clear', 'del']);
      throw new CacheError('INVALID_OPTION', `act: ${describe(act)} cannot be done here; ${hint}`);
    }
  }
}

function cacheNamed(
  source: DashboardSource,
  name: unknown,
): NonNullable<ReturnType<DashboardSource['openCache']>> {
  const cache = typeof name === 'string' ? source.openCache(name) : undefined;
  if (cache !== undefined) return cache;
  const message = `cache: ${describe(name)} is not open at node '${source.node.id}'`;
  throw new CacheError('INVALID_OPTION', message);
}
