import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { actions } from '../../src/actions/index.ts';

describe('the table of actions', () => {
  it('has every file of the folder, by its own name', () => {
    const files = readdirSync(new URL('../../src/actions/', import.meta.url)).filter(
      (file) => file !== 'index.ts',
    );
    expect(Object.keys(actions).sort()).toEqual(files.map((file) => basename(file, '.ts')).sort());
    for (const [name, action] of Object.entries(actions)) expect(action.name).toBe(name);
  });

  it('is what the generator writes', () => {
    const script = fileURLToPath(new URL('../../../../scripts/gen-actions.mjs', import.meta.url));
    execFileSync(process.execPath, [script, '--check']);
  });

  it('gives no name twice', () => {
    const names = Object.values(actions).flatMap((action) => [action.name, ...(action.aliases ?? [])]);
    expect(new Set(names).size).toBe(names.length);
  });

  it('declares reads that may be repeated, and options last', () => {
    for (const action of Object.values(actions)) {
      if (action.effect === 'read') expect(action.repeatable).toBe(true);
      expect(action.parameters.at(-1)?.kind).toBe('options');
      if (action.route.kind === 'keyed') expect(action.parameters[action.route.key]?.kind).toBe('key');
    }
  });
});
