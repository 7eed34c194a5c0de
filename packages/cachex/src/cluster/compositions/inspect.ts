import type { NodeOption } from '../../actions/inspect.ts';
import { describe, suggestion } from '../../describe.ts';
import { CacheError } from '../../errors.ts';
import { operationHandler } from '../caller.ts';
import type { Composition } from '../composition.ts';

export const inspect: Composition<[what: string, detail: unknown, options: NodeOption | undefined]> = {
  applies: (_what, _detail, options) => options?.node !== undefined,
  toldElsewhere: () => true,
  compose(caller, what, detail, options) {
    const { node, settings } = caller;
    const id = options!.node!;
    const known = node.view.members.map((member) => member.id);
    if (!known.includes(id)) {
      const message = `node: ${describe(id)} is not in the cluster; ${suggestion(id, known)}`;
      throw new CacheError('INVALID_OPTION', message);
    }
    if (settings.local === true && id !== node.id)
      throw new CacheError('INVALID_OPTION', `local: leave it out to ask another node than this`);
    return caller.callNode(id, operationHandler('inspect'), [what, detail, options], { repeatable: true });
  },
};
