import { hashKey } from '@cachex/router/hash';
import { all, chosenWarmers, type WarmOptions } from '../../actions/warm.ts';
import type { Composition } from '../composition.ts';

export const warm: Composition<[options: WarmOptions | undefined]> = {
  applies: () => true,
  async compose(caller, options): Promise<string[]> {
    const names = chosenWarmers(caller.engine, options);
    await all(
      names.map(async (name) => {
        const [run] = (await caller.operate('warm', hashKey(name), [name, true])) as [string];
        if (options?.wait !== true) return;
        await caller.operate('warming', hashKey(name), [name, run], { repeatable: true });
      }),
    );
    return names;
  },
};
