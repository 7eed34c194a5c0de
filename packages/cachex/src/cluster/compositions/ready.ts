import { hashKey } from '@cachex/router/hash';
import { all } from '../../actions/warm.ts';
import type { Composition } from '../composition.ts';

export const ready: Composition<[options: object | undefined]> = {
  applies: () => true,
  async compose(caller): Promise<void> {
    const names = caller.engine.warmers?.required ?? [];
    await all(
      names.map((name) => caller.operate('warming', hashKey(name), [name, undefined], { repeatable: true })),
    );
  },
};
