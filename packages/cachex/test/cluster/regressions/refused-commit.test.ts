import { expect, it } from 'vitest';
import { type AnyCache, Simulation } from '../simulation.ts';

class Account {
  balance = 1;
}

it('a transaction whose values cannot be sent lets go of its locks at once', async () => {
  const simulation = new Simulation();
  const node = await simulation.join('a');
  const cache = node.cache('accounts') as unknown as AnyCache;
  await simulation.advance(100);
  const keys = ['x', 'y', 'z'];
  for (const bad of keys) {
    const running = cache.transaction(keys, async (tx) => {
      for (const key of keys) await tx.put(key, key === bad ? new Account() : 1);
    });
    await expect(simulation.run(running)).rejects.toMatchObject({ code: 'NOT_SERIALIZABLE' });
    for (const key of keys) {
      expect(await simulation.run(cache.get(key, { timeout: 100 }))).toBe(undefined);
      await simulation.run(cache.del(key, { timeout: 100 }));
    }
  }
  await simulation.close();
});
