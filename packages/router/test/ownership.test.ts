import { expect, it } from 'vitest';
import { Ownership } from '../src/ownership.ts';
import type { View } from '../src/view.ts';

const owners = (...list: (string | null)[]): View => ({ owners: list }) as unknown as View;

it('answers for everything while the view gives it everything and nothing is sealed, whoever seals it', () => {
  const ownership = new Ownership('a');
  expect(ownership.everything).toBe(false);
  ownership.view = owners('a', 'a');
  expect(ownership.everything).toBe(true);
  ownership.seal([0, 1]);
  ownership.seal([1]);
  expect(ownership.everything).toBe(false);
  ownership.unseal([0, 1]);
  expect(ownership.everything).toBe(false);
  ownership.unseal([1]);
  expect(ownership.everything).toBe(true);
  ownership.fence([0]);
  expect(ownership.everything).toBe(false);
  ownership.lift([0]);
  expect(ownership.everything).toBe(true);
  ownership.sealAll();
  expect(ownership.everything).toBe(false);
  ownership.unsealAll();
  expect(ownership.everything).toBe(true);
  for (const view of [owners('a', 'b'), owners('a', null)]) {
    ownership.view = view;
    expect(ownership.everything).toBe(false);
  }
  ownership.view = owners('a', 'a');
  expect(ownership.everything).toBe(true);
});
