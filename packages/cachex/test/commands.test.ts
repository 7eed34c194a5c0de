import { describe, expect, it } from 'vitest';
import { createCache } from '../src/index.ts';

describe('the option `commands`', () => {
  it.each<[commands: unknown, message: string]>([
    [5, 'commands must be an object of commands, not 5'],
    [[], 'commands must be an object of commands, not an array'],
    [{ last: () => 1 }, 'commands.last must be an object, not a function'],
    [{ last: {} }, "commands.last.type: undefined is neither 'read' nor 'write'"],
    [
      { last: { type: 'both', execute: () => 1 } },
      "commands.last.type: 'both' is neither 'read' nor 'write'",
    ],
    [{ last: { type: 'read' } }, 'commands.last.execute: undefined is not a function'],
    [{ last: { type: 'read', exec: () => 1 } }, "unknown option 'commands.last.exec'; known: type, execute"],
  ])('refuses %j', (commands, message) => {
    expect(() => createCache({ commands } as never)).toThrow(
      expect.objectContaining({ code: 'INVALID_OPTION', message }),
    );
  });

  it('takes commands with names of properties that every object has', () => {
    const cache = createCache({ commands: { toString: { type: 'read', execute: () => 'mine' } } } as never);
    expect(cache.invoke('toString' as never, 'ada')).toBe('mine');
    expect(() => cache.invoke('valueOf' as never, 'ada')).toThrow(
      expect.objectContaining({ code: 'UNKNOWN_COMMAND' }),
    );
  });

  it('lets a command use the cache that it runs in', () => {
    const cache = createCache<string, number>({
      commands: {
        move: {
          type: 'write',
          execute: (n = 0) => {
            cache.del('ada');
            cache.put('bob', n);
            return [n, n + 1];
          },
        },
      },
    });
    cache.put('ada', 1);
    expect(cache.invoke('move', 'ada')).toBe(1);
    expect(cache.getMany(['ada', 'bob'])).toEqual([2, 1]);
  });
});
