import { describe, expect, it } from 'vitest';
import { byCopy, byReference } from '../../src/local/value-form.ts';

describe.each([
  ['by reference', byReference],
  ['by copy', byCopy],
])('values held %s', (_name, values) => {
  it.each([[undefined], [null], [0], ['text'], [5n]])('keep %s, and never as undefined', (value) => {
    const held = values.hold(value);
    expect(held).not.toBeUndefined();
    expect(values.open(held)).toBe(value);
  });
});

it('keeps a reference', () => {
  const value = { list: [1] };
  expect(byReference.open(byReference.hold(value))).toBe(value);
});

it('copies on the way in and out', () => {
  const value = { list: [1] };
  const held = byCopy.hold(value);
  value.list.push(2);
  const opened = byCopy.open(held) as typeof value;
  expect(opened).toEqual({ list: [1] });
  opened.list.push(3);
  expect(byCopy.open(held)).toEqual({ list: [1] });
});

it.each([[() => {}], [Symbol('value')], [{ call: () => {} }]])('cannot copy %s', (value) => {
  expect(() => byCopy.hold(value)).toThrow(expect.objectContaining({ code: 'NOT_SERIALIZABLE' }));
});
